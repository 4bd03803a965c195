package io.github.clickhousebackupagent.soak;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One agent makes 10,000 backups of 20 targets: its memory, file handles and threads stay what they
 * were after the first 1,000. Setting, as a system property: {@code soak.runs}.
 */
@Tag("chaos")
class SoakIT {

    private static final int RUNS = Integer.getInteger("soak.runs", 10_000);
    private static final int TARGETS = 20;
    private static final int FIRST = RUNS / 10;
    private static final int FULL_EVERY = 5;

    /** What an agent takes of the machine. */
    private record Taken(long heap, long handles, int threads) {

        static Taken now() {
            // Twice, as what is kept for a finalizer or a cleaner goes with the second only.
            System.gc();
            System.gc();
            var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Taken(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    system.getOpenFileDescriptorCount(),
                    ManagementFactory.getThreadMXBean().getThreadCount());
        }

        @Override
        public String toString() {
            return "heap %.1f MiB, %d file handles, %d threads"
                    .formatted(heap / 1048576.0, handles, threads);
        }
    }

    @TempDir Path directory;

    @Test
    void anAgentDoesNotGrowByItsRuns() throws Exception {
        Configurator.setLevel(RunLog.EVENTS, Level.ERROR);
        ExecutorService pool = Executors.newFixedThreadPool(TARGETS);
        try (SoakServers servers = SoakServers.start(TARGETS);
                Agent agent = agent(servers).start()) {
            Instant start = Instant.now();
            run(agent, pool, FIRST);
            Taken first = Taken.now();
            say(FIRST, start, first);
            for (int done = FIRST; done < RUNS; done += FIRST) {
                run(agent, pool, FIRST);
                say(done + FIRST, start, Taken.now());
            }
            Taken last = Taken.now();

            assertThat(last.heap()).isLessThanOrEqualTo(first.heap() * 11 / 10);
            assertThat(last.handles()).isLessThanOrEqualTo(first.handles() * 11 / 10);
            assertThat(last.threads()).isLessThanOrEqualTo(first.threads() * 11 / 10);
        } finally {
            pool.shutdown();
        }
    }

    private static void run(Agent agent, ExecutorService pool, int runs) throws Exception {
        List<Callable<Long>> each = new ArrayList<>();
        for (int i = 0; i < TARGETS; i++) {
            String target = "node" + i;
            each.add(
                    () -> {
                        long good = 0;
                        for (int n = 0; n < runs / TARGETS; n++) {
                            RunResult result =
                                    agent.run(
                                            target,
                                            n % FULL_EVERY == 0
                                                    ? BackupKind.FULL
                                                    : BackupKind.DIFF);
                            assertThat(result.outcome())
                                    .as("%s", result)
                                    .isEqualTo(Outcome.SUCCESS);
                            good++;
                        }
                        return good;
                    });
        }
        long good = 0;
        for (Future<Long> future : pool.invokeAll(each)) {
            good += future.get();
        }
        assertThat(good).isEqualTo(runs / TARGETS * TARGETS);
    }

    private static void say(int runs, Instant start, Taken taken) {
        System.out.printf(
                "soak: %d runs after %d s: %s%n",
                runs, Duration.between(start, Instant.now()).toSeconds(), taken);
    }

    private Agent agent(SoakServers servers) {
        StringBuilder targets = new StringBuilder();
        for (int i = 0; i < TARGETS; i++) {
            targets.append("  node%d: { url: \"%s\" }\n".formatted(i, servers.uri(i)));
        }
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                        .parse(
                                "soak",
                                """
                                targets:
                                %s
                                log-directory: "%s"
                                state-directory: "%s"
                                http: { port: 0 }
                                """
                                        .formatted(
                                                targets,
                                                directory.resolve("log"),
                                                directory.resolve("state")));
        directory.resolve("log").toFile().mkdirs();
        return new Agent(
                config,
                new Agent.Options(
                        Path.of("routes"),
                        false,
                        now -> List.of(new RunLog(now, Clock.systemUTC())),
                        null),
                Clock.systemUTC());
    }
}
