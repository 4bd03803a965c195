package io.github.clickhousebackupagent.journal;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of a journal.
 *
 * @param time when
 * @param run id of the run
 * @param event what, one of the constants here
 * @param details what belongs to it, such as {@code backup} or {@code operation-id}; nulls are left
 *     out
 */
@JsonPropertyOrder({"time", "run", "event"})
public record JournalEvent(
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant time,
        String run,
        String event,
        @JsonAnySetter @JsonAnyGetter Map<String, Object> details) {

    /** A run was taken from the queue. */
    public static final String BEGUN = "begun";

    /** Kind, name and base of the backup are settled. */
    public static final String BASE_CHOSEN = "base-chosen";

    /** The operation of a stage is about to be asked for. */
    public static final String OPERATION_ANNOUNCED = "operation-announced";

    /** The server took the operation on. */
    public static final String OPERATION_ACKNOWLEDGED = "operation-acknowledged";

    /** The server says that the operation is over. */
    public static final String OPERATION_ENDED = "operation-ended";

    /** The backup is proven. */
    public static final String PROVEN = "proven";

    /** The marker is about to be moved. */
    public static final String MARKER_ANNOUNCED = "marker-announced";

    /** The marker was moved. */
    public static final String MARKER_MOVED = "marker-moved";

    /** The run is over. */
    public static final String ENDED = "ended";

    /** Leaves out nulls, and copies. */
    public JournalEvent {
        Map<String, Object> copy = new LinkedHashMap<>();
        if (details != null) {
            details.forEach(
                    (key, value) -> {
                        if (value != null) {
                            copy.put(key, value);
                        }
                    });
        }
        details = Collections.unmodifiableMap(copy);
    }

    /** Returns a detail as text; null where it is not there. */
    public String detail(String key) {
        Object value = details.get(key);
        return value == null ? null : value.toString();
    }
}
