package io.github.clickhousebackupagent.internal.status;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;

/**
 * Why a target is not safe, which it is where it has a proven backup that is as young as promised.
 *
 * @param why the reason
 * @param since from when on it is so, or what was to be; null: that is in the reason
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Unsafe(Why why, @JsonFormat(shape = JsonFormat.Shape.STRING) Instant since) {

    /** What keeps a target from being safe, the gravest first. */
    public enum Why {
        /** Its journal cannot be read. */
        UNREADABLE,
        /** No backup of it was ever proven. */
        NEVER,
        /** It has a proven backup, and how old that is nobody knows. */
        UNKNOWN_AGE,
        /** It is late, and a run is at work for more than a day, since then. */
        HANGS,
        /** It, or a schedule of it, is paused since then, and its last proven backup too old. */
        PAUSED,
        /** The backup that was due then has not been proven. */
        LATE,
        /** It has no schedules: nobody has promised another backup. */
        UNSCHEDULED;

        /** Returns the word that programs are told. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
