#pragma once
#include "config/config.hpp"
#include "doctor/ollama_facts.hpp"
#include "doctor/places.hpp"

namespace zimu::doctor {

/// Resolve, connect, ask for the version, ask for the models; stops at the first that fails. Blocking, about
/// 10 s at the worst. Thread: any.
OllamaFacts look_at_ollama(const config::Config& config, const Places& places);

}  // namespace zimu::doctor
