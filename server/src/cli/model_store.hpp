#pragma once
#include "api/api.hpp"
#include "app/event_bus.hpp"
#include "config/config.hpp"
#include "models/pull_queue.hpp"

namespace zimu::cli {

/// The queue's settings; every change goes to the bus, which outlives the queue.
models::PullQueue::Options pull_queue_options(const config::Config& config, app::EventBus& bus);
/// The models as the routes see them; the queue outlives it.
api::ModelStore model_store(models::PullQueue& queue, const config::Config& config);

}  // namespace zimu::cli
