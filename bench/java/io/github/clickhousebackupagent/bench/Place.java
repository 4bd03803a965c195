package io.github.clickhousebackupagent.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;

/**
 * Where one agent keeps what it writes, and its configuration.
 *
 * @param directory its own
 */
record Place(Path directory) {

    static Place in(Path folder, String name) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(name));
        Files.createDirectories(directory.resolve("log"));
        Files.createDirectories(directory.resolve("state"));
        return new Place(directory);
    }

    /** Returns the name of the target that a server is. */
    static String target(int server) {
        return "node" + server;
    }

    /** Returns a time that is hours away, as cron expression: nothing fires. */
    static String never() {
        return at(Instant.now().plusSeconds(180L * 24 * 3600));
    }

    /** Returns a cron expression, with seconds, for a moment. */
    static String at(Instant moment) {
        ZonedDateTime time = moment.atZone(ZoneOffset.UTC);
        return "%d %d %d %d %d ?"
                .formatted(
                        time.getSecond(),
                        time.getMinute(),
                        time.getHour(),
                        time.getDayOfMonth(),
                        time.getMonthValue());
    }

    /**
     * Writes a configuration of all these servers.
     *
     * @param crons of schedules for FULL backups of all of them, in seven-field form
     * @param more other keys, as YAML
     */
    Path config(List<URI> servers, List<String> crons, String more) throws IOException {
        StringBuilder text = new StringBuilder("targets:\n");
        for (int i = 0; i < servers.size(); i++) {
            text.append("  %s: { url: \"%s\" }\n".formatted(target(i), servers.get(i)));
        }
        text.append("schedules:\n");
        for (int i = 0; i < crons.size(); i++) {
            text.append("  full%d: { do: full, cron: \"%s\" }\n".formatted(i, crons.get(i)));
        }
        text.append("log-directory: \"%s\"\n".formatted(directory.resolve("log")));
        text.append("state-directory: \"%s\"\n".formatted(directory.resolve("state")));
        text.append(more).append('\n');
        return Files.writeString(directory.resolve("agent.yaml"), text);
    }

    List<Outcomes.Ended> outcomes(String target) throws IOException {
        return Outcomes.of(directory.resolve("state").resolve(target).resolve("runs.jsonl"));
    }

    /**
     * Makes sure that what was measured is what was meant.
     *
     * @throws IllegalStateException if a run did not end well
     */
    void requireSuccess(String target) throws IOException {
        for (Outcomes.Ended run : outcomes(target)) {
            if (!run.outcome().equals("success")) {
                throw new IllegalStateException(
                        "%s: run %s ended as %s".formatted(target, run.id(), run.outcome()));
            }
        }
    }

    /**
     * Waits for the end of runs of the first target.
     *
     * @param runs how many, since ever
     * @throws IllegalStateException if there are not so many within the limit, or one did not end
     *     well
     */
    void await(AgentProcess agent, int runs, Duration limit) throws Exception {
        Patient.until(
                limit,
                () -> {
                    agent.requireAlive();
                    return outcomes(target(0)).size() >= runs;
                });
        requireSuccess(target(0));
    }
}
