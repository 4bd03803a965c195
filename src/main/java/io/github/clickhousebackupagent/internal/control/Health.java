package io.github.clickhousebackupagent.internal.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What probes are told. That there is an answer says that the agent runs; a refused edit does not
 * make it ill, as a restart would not mend it.
 *
 * @param edits which routes and configuration are in force
 */
public record Health(Supplier<EditState> edits) {

    /** Where probes ask; {@code /live} and {@code /ready} are below it. */
    public static final String PATH = "/observe/health";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * Returns JSON: {@code status} is {@code UP}; {@code edits} is {@code in-force}, or {@code
     * refused} since {@code refusedSince}. Why stands in log and status: a port is for more eyes.
     */
    public String answer() {
        EditState now = edits.get();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("status", "UP");
        answer.put("edits", now.refused() == null ? "in-force" : "refused");
        answer.put("inForceSince", now.inForceSince().toString());
        if (now.refused() != null) {
            answer.put("refusedSince", now.refused().at().toString());
        }
        try {
            return MAPPER.writeValueAsString(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
