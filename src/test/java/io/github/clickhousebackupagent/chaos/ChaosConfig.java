package io.github.clickhousebackupagent.chaos;

import io.github.clickhousebackupagent.sandbox.ServerVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * The agent's configuration under chaos, and where it puts things.
 *
 * @param directory of all that the agent writes
 */
record ChaosConfig(Path directory) {

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

    /** Writes a configuration whose schedules fire all the time. */
    Path busy(ChaosServers servers) throws IOException {
        return write("busy.yaml", servers, servers.count(), "* * * * * ?", "4/9 * * * * ?");
    }

    /** Writes the same, with schedules that do not fire for months. */
    Path quiet(ChaosServers servers) throws IOException {
        return write("quiet.yaml", servers, servers.count(), never(), never());
    }

    /** Writes one of a single target, with schedules that do not fire for months. */
    Path single(ChaosServers servers) throws IOException {
        return write("single.yaml", servers, 1, never(), never());
    }

    private static String never() {
        LocalDate day = LocalDate.now(ZoneOffset.UTC).plusDays(180);
        return "0 0 0 %d %d ?".formatted(day.getDayOfMonth(), day.getMonthValue());
    }

    private Path write(String name, ChaosServers servers, int count, String diff, String full)
            throws IOException {
        StringBuilder targets = new StringBuilder();
        for (int i = 0; i < count; i++) {
            targets.append("  %s: { url: \"%s\" }\n".formatted(target(i), servers.get(i).uri()));
        }
        return Files.writeString(
                directory.resolve(name),
                """
                targets:
                %s
                schedules:
                  diff: { do: diff, cron: "%s" }
                  full: { do: full, cron: "%s" }
                backup: { max-chain-length: 6 }
                limits:
                  { call: 2s, list: 5s, create: 60s, upload: 60s, busy: 30s, outage: 30s,
                    silence: 1s, settle: 300ms, proof: 5s, stop: 5s }
                retry: { create: 2, upload: 5, pause: 100ms, longest-pause: 1s }
                http: { port: 0 }
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(
                                targets,
                                diff,
                                full,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }
}
