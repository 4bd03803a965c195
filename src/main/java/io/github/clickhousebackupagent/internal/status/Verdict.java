package io.github.clickhousebackupagent.internal.status;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Whether the backups of a target happen as its schedules promise. */
public enum Verdict {
    /** Each run that was due brought a proven backup. */
    OK,
    /** The one run that was due last has not; it may be at work. */
    BEHIND,
    /** Two runs or more were due since the last proven backup. */
    LATE,
    /** There is no proven backup, although there are schedules. */
    NEVER,
    /** All its schedules are paused. */
    PAUSED,
    /** It has no schedules. */
    UNSCHEDULED;

    /** Returns the word that messages use. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
