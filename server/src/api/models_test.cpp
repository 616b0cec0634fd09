// The routes of the models' files: who may go, what is on its way.
#include "api/dto.hpp"
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

class ModelRoutes : public testing::Site {
 protected:
  ModelRoutes() {
    auto& models = parts.context.models;
    models.catalog = {{"base", 145, true}, {"small", 483, true}, {"tiny.en", 0, false}};
    models.pulls = [this] { return pulls; };
    models.remove = [this](const std::string& name) -> Result<> {
      removed.push_back(name);
      return {};
    };
    parts.context.workers = [this] { return std::vector<WorkerInfo>{{"transcribe", 7, "", "ggml", 1024, "cpu", loaded}}; };
  }
  domain::Job job_with(const std::string& model) {
    app::CreateJob wanted;
    wanted.media_id = recording().id;
    wanted.options.model = model;
    return storage::testing::must(parts.jobs.create(wanted));
  }
  boost::json::value models() { return json_of(ask("GET", "/api/v1/models")); }

  std::vector<app::ModelPull> pulls;
  std::vector<std::string> removed;
  std::string loaded;
};

TEST_F(ModelRoutes, ListTellsWhatIsHereAndWhatIsOnItsWay) {
  pulls = {{"small", "pulling", 0.25, 120, 483},
           {"own/default", "failed", 0, 0, 0, Error{ErrorCode::kNoSpace, "the disk is full", "free some"}}};
  loaded = "tiny.en";
  const auto all = models();
  EXPECT_EQ(all.at("default"), "base");
  EXPECT_EQ(all.at("offline"), false);
  EXPECT_EQ(all.at("items").at(0).at("default"), true);
  EXPECT_EQ(all.at("items").at(0).at("in_use"), false);
  EXPECT_EQ(all.at("items").at(1).at("default"), false);
  EXPECT_EQ(all.at("items").at(1).at("in_use"), true) << "a worker holds it";
  const auto& pullable = all.at("pullable").as_array();
  ASSERT_EQ(pullable.size(), 4U);
  EXPECT_EQ(pullable[0].at("state"), "installed");
  EXPECT_EQ(pullable[0].at("size_bytes"), 145);
  EXPECT_EQ(pullable[1].at("state"), "pulling");
  EXPECT_EQ(pullable[1].at("progress"), 0.25);
  EXPECT_EQ(pullable[1].at("done_bytes"), 120);
  EXPECT_TRUE(pullable[2].at("size_bytes").is_null());
  EXPECT_EQ(pullable[3].at("name"), "own/default");
  EXPECT_EQ(pullable[3].at("failure").at("code"), "no_space");
  EXPECT_EQ(pullable[3].at("failure").at("action"), "free some");
}

TEST_F(ModelRoutes, ARunningJobKeepsItsModel) {
  job_with("tiny.en");
  expect_problem(ask("DELETE", "/api/v1/models/tiny.en"), 409, "1 queued job needs it");
  const auto job = parts.claim();
  EXPECT_EQ(models().at("items").at(1).at("in_use"), true);
  expect_problem(ask("DELETE", "/api/v1/models/tiny.en"), 409, "a job that runs now uses it");
  EXPECT_TRUE(removed.empty());
  parts.transcribe(job);
  EXPECT_EQ(ask("DELETE", "/api/v1/models/tiny.en").status, 200);
  EXPECT_EQ(removed, std::vector<std::string>{"tiny.en"});
}

TEST_F(ModelRoutes, AWorkerKeepsWhatItHolds) {
  loaded = "tiny.en";
  expect_problem(ask("DELETE", "/api/v1/models/tiny.en"), 409, "a worker holds it in memory");
  EXPECT_TRUE(removed.empty());
}

TEST_F(ModelRoutes, RemovingTheDefaultWarns) {
  EXPECT_EQ(json_of(ask("DELETE", "/api/v1/models/tiny.en")).at("warning"), "");
  const auto answer = json_of(ask("DELETE", "/api/v1/models/base"));
  EXPECT_NE(std::string(answer.at("warning").as_string()).find("base is the default model"), std::string::npos);
}

TEST_F(ModelRoutes, WhatIsNotInstalledIsNotFound) {
  expect_problem(ask("DELETE", "/api/v1/models/small"), 404, "not installed");
  const int outside = ask("DELETE", "/api/v1/models/..%2F..%2Fetc").status;
  EXPECT_TRUE(outside == 400 || outside == 404) << outside;
  EXPECT_TRUE(removed.empty());
}

TEST_F(ModelRoutes, PullAnswersWhatTheQueueSays) {
  parts.context.models.pull = [](const std::string& name) -> Result<app::ModelPull> {
    if (name == "small") return app::ModelPull{name, "waiting"};
    return fail(ErrorCode::kConflict, "model " + name + " is not fetched, because HF_HUB_OFFLINE forbids it");
  };
  const auto accepted = ask("POST", "/api/v1/models/small/pull");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(json_of(accepted).at("state"), "waiting");
  expect_problem(ask("POST", "/api/v1/models/medium/pull"), 409, "HF_HUB_OFFLINE");
  expect_problem(ask("POST", "/api/v1/models/small/pull", "Origin: http://elsewhere.example\r\n"), 403, "another web site");
}

TEST_F(ModelRoutes, CancelIsTheQueues) {
  std::string cancelled;
  parts.context.models.cancel_pull = [&](const std::string& name) -> Result<> {
    cancelled = name;
    return {};
  };
  EXPECT_EQ(ask("DELETE", "/api/v1/models/small/pull").status, 204);
  EXPECT_EQ(cancelled, "small");
}

TEST_F(ModelRoutes, TheStreamTellsOfPulls) {
  const auto event = to_event(app::ModelPull{"small", "pulling", 0.5, 5, 10});
  EXPECT_EQ(event.name, "model");
  EXPECT_EQ(event.data,
            R"({"name":"small","state":"pulling","progress":5E-1,"done_bytes":5,"total_bytes":10,"failure":null})");
}

TEST_F(ModelRoutes, StorageIsMeasuredOncePerMoment) {
  int measured = 0;
  parts.context.storage = [&] {
    ++measured;
    return StorageSizes{1, 2, 3, 4};
  };
  for (int i = 0; i < 3; ++i) {
    const auto storage = json_of(ask("GET", "/api/v1/system")).at("storage");
    EXPECT_EQ(storage.at("database_bytes"), 1);
    EXPECT_EQ(storage.at("uploads_bytes"), 2);
    EXPECT_EQ(storage.at("models_bytes"), 3);
    EXPECT_EQ(storage.at("free_bytes"), 4);
  }
  EXPECT_EQ(measured, 1);
}

}  // namespace
}  // namespace zimu::api
