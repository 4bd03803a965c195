package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;

/**
 * That a target, or a schedule of it, asks for no runs.
 *
 * @param schedule name of the schedule; null: all of the target
 * @param since from when on
 * @param by who wanted it: a user of the operating system; null: nobody knows
 * @param reason why, in that user's words; null: none was given
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Pause(
        String schedule,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant since,
        String by,
        String reason) {

    /** Returns who wanted it and why, for people: {@code by root: new disks}. */
    public String told() {
        return "by " + (by == null ? "somebody" : by) + (reason == null ? "" : ": " + reason);
    }
}
