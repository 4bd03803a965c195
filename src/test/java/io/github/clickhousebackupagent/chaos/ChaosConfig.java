package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.config.LimitsConfig;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The agent's configuration under chaos, and where it puts things.
 *
 * @param directory of all that the agent writes
 */
record ChaosConfig(Path directory) {

    /** Whether this agent goes on with what it left unfinished, and has the limits of that. */
    static final boolean RESUMES =
            Arrays.stream(LimitsConfig.class.getRecordComponents())
                    .anyMatch(component -> component.getName().equals("settle"));

    /** Returns the name of the target that a server is. */
    static String target(int server) {
        return "node" + (server + 1);
    }

    /** Returns the version of a server. */
    static ServerVersion version(int server) {
        return server % 2 == 0 ? ServerVersion.V2_8 : ServerVersion.V2_4;
    }

    Path marker(String target) {
        return directory.resolve("log").resolve("." + target + "_last_backup");
    }

    Path journal(String target) {
        return directory.resolve("state").resolve(target).resolve("runs.jsonl");
    }

    /** Writes a configuration whose schedules fire every few seconds. */
    Path busy(ChaosServers servers) throws IOException {
        return write("busy.yaml", servers, "1/2 * * * * ?", "0/2 * * * * ?", "4/9 * * * * ?");
    }

    /** Writes the same, with schedules that do not fire for months. */
    Path quiet(ChaosServers servers) throws IOException {
        LocalDate day = LocalDate.now(ZoneOffset.UTC).plusDays(180);
        String never = "0 0 0 %d %d ?".formatted(day.getDayOfMonth(), day.getMonthValue());
        return write("quiet.yaml", servers, never, never, never);
    }

    private Path write(
            String name, ChaosServers servers, String oddDiff, String evenDiff, String full)
            throws IOException {
        StringBuilder targets = new StringBuilder();
        for (int i = 0; i < servers.count(); i++) {
            targets.append("  %s: { url: \"%s\" }\n".formatted(target(i), servers.get(i).uri()));
        }
        String limits =
                RESUMES
                        ? """
                          limits: { call: 2s, list: 5s, create: 60s, upload: 60s, busy: 30s, outage: 30s, settle: 300ms, proof: 5s, stop: 5s }
                          retry: { create: 2, upload: 5, pause: 100ms, longest-pause: 1s }
                          """
                        : """
                          limits: { call: 2s, list: 5s, create: 60s, upload: 60s }
                          """;
        return Files.writeString(
                directory.resolve(name),
                """
                targets:
                %s
                schedules:
                  diff-odd: { do: diff, cron: "%s", targets: %s }
                  diff-even: { do: diff, cron: "%s", targets: %s }
                  full: { do: full, cron: "%s" }
                backup: { max-chain-length: 6 }
                %s
                http: { port: 0 }
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(
                                targets,
                                oddDiff,
                                every(servers, 0),
                                evenDiff,
                                every(servers, 1),
                                full,
                                limits,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    /** Names every second target, so that not all begin at the same moment. */
    private static List<String> every(ChaosServers servers, int remainder) {
        return IntStream.range(0, servers.count())
                .filter(i -> i % 2 == remainder)
                .mapToObj(ChaosConfig::target)
                .toList();
    }
}
