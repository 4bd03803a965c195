package io.github.clickhousebackupagent.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the journal of a target says of its runs. */
final class Outcomes {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Outcomes() {}

    /**
     * A run that is over.
     *
     * @param begun when it was due; of a run by hand, when it began
     * @param ended as the journal has it
     * @param outcome such as {@code success}
     */
    record Ended(String id, Instant begun, Instant ended, String outcome) {

        double seconds() {
            return Measured.seconds(begun, ended);
        }
    }

    /** Returns the runs that have ended, in the order of their beginnings. */
    static List<Ended> of(Path journal) throws IOException {
        if (!Files.exists(journal)) {
            return List.of();
        }
        Map<String, Instant> begun = new LinkedHashMap<>();
        List<Ended> ended = new ArrayList<>();
        for (String line : Files.readAllLines(journal)) {
            if (!line.endsWith("}")) {
                continue; // It is being written.
            }
            JsonNode event = JSON.readTree(line);
            String run = event.path("run").asText();
            Instant time = Instant.parse(event.path("time").asText());
            switch (event.path("event").asText()) {
                case "begun" -> begun.put(run, due(event).orElse(time));
                case "ended" ->
                        ended.add(
                                new Ended(
                                        run,
                                        begun.getOrDefault(run, time),
                                        time,
                                        event.path("outcome").asText()));
                default -> {
                    continue;
                }
            }
        }
        return ended;
    }

    private static Optional<Instant> due(JsonNode begun) {
        return begun.hasNonNull("due")
                ? Optional.of(Instant.parse(begun.get("due").asText()))
                : Optional.empty();
    }
}
