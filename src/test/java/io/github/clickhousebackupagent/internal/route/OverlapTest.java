package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One run at a time for a target, many targets side by side. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class OverlapTest {

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void runsOfOneTargetFollowEachOther(ServerVersion version) {
        try (SimulatedServer server =
                        SandboxAgent.server()
                                .version(version)
                                .createTime(Duration.ofMillis(50))
                                .uploadTime(Duration.ofMillis(150))
                                .start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            List<CompletableFuture<RunResult>> runs = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                runs.add(agent.later("node", i == 0 ? BackupKind.FULL : BackupKind.DIFF));
            }

            assertThat(runs)
                    .allSatisfy(run -> assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS));
            assertThat(server.calls()).noneMatch(call -> call.status() == 423);
            List<RecordedOperation> operations = server.operations();
            assertThat(operations).hasSize(8);
            for (int i = 1; i < operations.size(); i++) {
                assertThat(operations.get(i).start())
                        .isAfterOrEqualTo(operations.get(i - 1).finish().orElseThrow());
            }
        }
    }

    @Test
    void manyTargetsAreWorkedOnSideBySide() {
        Map<String, SimulatedServer> servers = servers(4);
        try (SandboxAgent agent = SandboxAgent.start(directory, servers, "", Clock.systemUTC())) {
            servers.values().forEach(server -> server.faults().hold("create"));
            List<CompletableFuture<RunResult>> runs = new ArrayList<>();
            List<io.github.clickhousebackupagent.sandbox.Gate> gates = new ArrayList<>();
            servers.values().forEach(server -> server.faults().clear());
            servers.values().forEach(server -> gates.add(server.faults().hold("create")));
            servers.keySet().forEach(name -> runs.add(agent.later(name, BackupKind.FULL)));

            await().until(
                            () ->
                                    servers.values().stream()
                                            .allMatch(s -> Calls.posts(s).size() == 1));
            gates.forEach(io.github.clickhousebackupagent.sandbox.Gate::open);

            assertThat(runs)
                    .allSatisfy(run -> assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS));
            assertThat(agent.results("node-1")).hasSize(1);
        } finally {
            servers.values().forEach(SimulatedServer::close);
        }
    }

    @Test
    void noMoreTargetsAreWorkedOnThanConfigured() {
        Map<String, SimulatedServer> servers = servers(3);
        servers.values().forEach(s -> s.faults().duration("upload", Duration.ofMillis(150)));
        try (SandboxAgent agent =
                SandboxAgent.start(directory, servers, "parallel-runs: 1", Clock.systemUTC())) {
            List<CompletableFuture<RunResult>> runs = new ArrayList<>();
            servers.keySet().forEach(name -> runs.add(agent.later(name, BackupKind.FULL)));

            assertThat(runs)
                    .allSatisfy(run -> assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS));
            List<RecordedOperation> uploads =
                    servers.values().stream()
                            .flatMap(server -> server.operations().stream())
                            .sorted(java.util.Comparator.comparing(RecordedOperation::start))
                            .toList();
            for (int i = 1; i < uploads.size(); i++) {
                assertThat(uploads.get(i).start())
                        .isAfterOrEqualTo(uploads.get(i - 1).finish().orElseThrow());
            }
        } finally {
            servers.values().forEach(SimulatedServer::close);
        }
    }

    @Test
    void aTargetThatFailsDoesNotHoldUpTheOthers() {
        Map<String, SimulatedServer> servers = servers(2);
        servers.get("node-0").kill();
        try (SandboxAgent agent =
                SandboxAgent.start(directory, servers, "parallel-runs: 1", Clock.systemUTC())) {
            assertThat(agent.run("node-0", BackupKind.FULL).outcome()).isEqualTo(Outcome.FAILED);
            assertThat(agent.run("node-1", BackupKind.FULL).outcome()).isEqualTo(Outcome.SUCCESS);
        } finally {
            servers.values().forEach(SimulatedServer::close);
        }
    }

    @Test
    void anotherAgentAtWorkOnTheTargetIsNotDisturbed() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent one = SandboxAgent.start(directory, server, "");
                SandboxAgent other = SandboxAgent.start(directory, server, "");
                var gate = server.faults().hold("upload")) {
            var run = one.later("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() == 1);
            int before = server.calls().size();

            RunResult skipped = other.full();

            assertThat(skipped.outcome()).isEqualTo(Outcome.SKIPPED);
            assertThat(skipped.reason()).isEqualTo("another agent or command is at work on node");
            assertThat(Calls.posts(server)).hasSize(2);
            assertThat(before).isPositive();
            gate.open();
            assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(other.diff().outcome()).as("after it").isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void aScheduleThatFiresWhileItsRunStillWaitsIsSkippedAndToldSo() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "");
                var gate = server.faults().hold("create")) {
            var byHand = agent.later("node", BackupKind.FULL);
            await().until(() -> Calls.posts(server).size() == 1);
            agent.fire("node", BackupKind.DIFF);

            agent.fire("node", BackupKind.DIFF);

            await().until(() -> !agent.results("node").isEmpty());
            assertThat(agent.results("node"))
                    .singleElement()
                    .satisfies(
                            run -> {
                                assertThat(run.outcome()).isEqualTo(Outcome.SKIPPED);
                                assertThat(run.schedule()).isEqualTo("hourly");
                            });
            gate.open();
            assertThat(byHand.join().outcome()).isEqualTo(Outcome.SUCCESS);
            await().until(() -> agent.results("node").size() == 3);
            assertThat(agent.results("node"))
                    .extracting(RunResult::outcome)
                    .containsExactlyInAnyOrder(Outcome.SUCCESS, Outcome.SKIPPED, Outcome.SUCCESS);
        }
    }

    private static Map<String, SimulatedServer> servers(int count) {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            servers.put("node-" + i, SandboxAgent.server().start());
        }
        return servers;
    }
}
