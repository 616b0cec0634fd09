// Runs before the first paint, so that a chosen theme never flashes in the other one. A file of its own because
// the content security policy allows no inline scripts.
try {
  const theme = JSON.parse(localStorage.getItem('zimu.settings') || '{}').theme;
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system's theme it is.
}
