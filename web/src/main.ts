import '@fontsource-variable/inter/wght.css';
import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { i18n } from '$lib/i18n/index.svelte';
import { settings } from '$lib/state/settings.svelte';

const wanted = settings.locale ? [settings.locale] : navigator.languages;
// A language whose file cannot be had is no reason to show nothing.
await i18n.use(wanted).catch(() => {});
mount(App, { target: document.getElementById('app')! });
