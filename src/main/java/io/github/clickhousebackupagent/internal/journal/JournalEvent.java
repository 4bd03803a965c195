package io.github.clickhousebackupagent.internal.journal;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of a journal.
 *
 * @param time when
 * @param run id of the run; null for what is of none
 * @param event what, one of the constants here
 * @param details what belongs to it, such as {@code backup} or {@code operation-id}; nulls are left
 *     out
 */
@JsonPropertyOrder({"time", "run", "event"})
public record JournalEvent(
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant time,
        @JsonInclude(JsonInclude.Include.NON_NULL) String run,
        String event,
        @JsonAnySetter @JsonAnyGetter Map<String, Object> details) {

    /** A schedule is in force: from here on it is missed when it does not fire. Of no run. */
    public static final String ARMED = "armed";

    /** A schedule is no longer in force: nothing is missed from here on. Of no run. */
    public static final String DISARMED = "disarmed";

    /** The target, or a schedule of it, asks for no runs from here on. Of no run. */
    public static final String PAUSED = "paused";

    /** It asks for runs again, and has missed none meanwhile. Of no run. */
    public static final String UNPAUSED = "unpaused";

    /** A schedule asked for a run, which joined the queue. */
    public static final String REQUESTED = "requested";

    /** A run had its turn. */
    public static final String BEGUN = "begun";

    /** The agent stopped in the middle of the run, which is not over. */
    public static final String SUSPENDED = "suspended";

    /** The run goes on after the agent was stopped or killed. */
    public static final String RESUMED = "resumed";

    /** Kind, name and base of the backup are settled. */
    public static final String BASE_CHOSEN = "base-chosen";

    /** The operation of a stage is about to be asked for. */
    public static final String OPERATION_ANNOUNCED = "operation-announced";

    /** The server took the operation on. */
    public static final String OPERATION_ACKNOWLEDGED = "operation-acknowledged";

    /** The operation is over: the server says so, or its lists do. */
    public static final String OPERATION_ENDED = "operation-ended";

    /** The server is about to be told to kill the operation. */
    public static final String KILL_ANNOUNCED = "kill-announced";

    /** What is made from here on has another name. */
    public static final String RENAMED = "renamed";

    /** The backup is proven. */
    public static final String PROVEN = "proven";

    /** The marker is about to be moved. */
    public static final String MARKER_ANNOUNCED = "marker-announced";

    /** The marker was moved. */
    public static final String MARKER_MOVED = "marker-moved";

    /** The marker was removed, as nothing is left that it could name. */
    public static final String MARKER_REMOVED = "marker-removed";

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
