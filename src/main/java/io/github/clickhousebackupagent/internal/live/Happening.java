package io.github.clickhousebackupagent.internal.live;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.Stage;
import java.time.Instant;

/**
 * What has just happened, in short: how a target stands now is to be asked.
 *
 * @param event what, one of the constants here
 * @param time when
 * @param target name of the target; null: it is about all of them
 * @param run id of the run; null: it is about none
 * @param kind what that run does; null: not known
 * @param stage how far it is, or where it ended
 * @param backup the backup's name; null: it is not settled
 * @param outcome how it ended; null: it goes on
 * @param reason why it did not succeed, or what is not as it should be; null: nothing
 * @param elapsedSeconds how long the server has been at it; null: it is not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Happening(
        String event,
        @JsonSerialize(using = ToStringSerializer.class) Instant time,
        String target,
        String run,
        RunKind kind,
        Stage stage,
        String backup,
        Outcome outcome,
        String reason,
        Long elapsedSeconds) {

    /** The reader is told what happens from here on. What was before is to be asked. */
    static final String HELLO = "hello";

    /** A run had its turn. */
    static final String BEGUN = "begun";

    /** A run that was cut off goes on. */
    static final String RESUMED = "resumed";

    /** A run comes to a stop in the middle. */
    static final String SUSPENDED = "suspended";

    /** The server has begun or ended what it does for a run. */
    static final String STAGE = "stage";

    /** The server was asked, and is still at it. */
    static final String WAITING = "waiting";

    /** Something is not as was asked for, and the run goes on. */
    static final String WARNED = "warned";

    /** The backup is proven. */
    static final String PROVEN = "proven";

    /** The run is over. */
    static final String ENDED = "ended";

    /** The journal of a target says something new, such as a pause; whoever wrote it. */
    static final String CHANGED = "changed";

    /** An edit was taken up, or refused. */
    static final String EDIT = "edit";

    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Happening of(String event, Instant time, String target) {
        return new Happening(event, time, target, null, null, null, null, null, null, null);
    }

    /** Returns it as an event of {@code text/event-stream}. */
    String text() {
        try {
            return "event: %s\ndata: %s\n\n".formatted(event, MAPPER.writeValueAsString(this));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
