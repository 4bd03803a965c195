package io.github.clickhousebackupagent.internal.status;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.run.Pause;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import java.time.Instant;

/**
 * What a schedule promises to a target.
 *
 * @param schedule its name
 * @param kind what it makes
 * @param cron when it is due
 * @param zone the zone of that
 * @param next when it is due next; null: never
 * @param pause why it asks for no runs; null: it does
 * @param times the same as cron and zone, to count with
 * @param armed since when it is in force; null: no agent has run with it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Promise(
        String schedule,
        BackupKind kind,
        String cron,
        String zone,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant next,
        Pause pause,
        @JsonIgnore CronSchedule times,
        @JsonIgnore Instant armed) {

    /** Returns whether it asks for runs. */
    @JsonIgnore
    public boolean inForce() {
        return pause == null;
    }
}
