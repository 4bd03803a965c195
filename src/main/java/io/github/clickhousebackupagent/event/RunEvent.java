package io.github.clickhousebackupagent.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/**
 * What a run has come to, for the routes that hook in there: the body that they get. Any of it but
 * {@code event}, {@code time}, {@code run} and {@code target} may be null, and is then left out of
 * the JSON. Moments are RFC 3339 texts in UTC there, such as {@code 2026-11-22T20:30:00.123Z}; any
 * JSON mapper writes them so, without a module for java.time.
 *
 * @param event the point that is told, such as {@code before-create} or {@code on-failure}
 * @param time when that was
 * @param run the run's id, the same in each event of a run
 * @param target name of the target
 * @param kind {@code full}, {@code diff}, {@code restore}, {@code delete} or {@code adopt}; null
 *     where only what was cut off goes on
 * @param schedule name of the schedule; null: by hand
 * @param backup the backup's name; null where it did not come to that, and where several are
 *     deleted
 * @param base name of the backup that it is an increment on; null for a complete one, and before
 *     the base is chosen
 * @param stage how far the run is, or where it ended: {@code begin}, {@code check}, {@code
 *     choose-base}, {@code create}, {@code upload}, {@code prove}, {@code move-marker}, {@code
 *     delete}, {@code download} or {@code restore}
 * @param outcome {@code success}, {@code failed}, {@code skipped}, {@code interrupted} or {@code
 *     missed}; null while it goes on
 * @param reason why it did not succeed, or what the warning says, for people; null elsewhere
 * @param failure what kind of failure ended it: {@code operation}, {@code unreachable}, {@code
 *     busy}, {@code not-proven} or {@code refused}; null where none did
 * @param summary what a restore, a deletion or an adoption has done, for people
 * @param startedAt when the run had its turn
 * @param finishedAt when it ended; null while it goes on
 * @param durationMillis milliseconds from the one to the other; null while it goes on
 * @param size bytes of the backup as the server lists it, which on some versions is the whole size
 *     also for an increment; null before it is proven
 * @param chainLength how many backups a restore of it needs; null before it is proven
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunEvent(
        String event,
        @JsonSerialize(using = ToStringSerializer.class) Instant time,
        String run,
        String target,
        String kind,
        String schedule,
        String backup,
        String base,
        String stage,
        String outcome,
        String reason,
        String failure,
        String summary,
        @JsonSerialize(using = ToStringSerializer.class) Instant startedAt,
        @JsonSerialize(using = ToStringSerializer.class) Instant finishedAt,
        Long durationMillis,
        Long size,
        Integer chainLength) {

    /**
     * Returns the run's id as a UUID, for services that want one: the same in each event of a run.
     * Not part of the JSON; {@code ${body.uuid}} in a route.
     */
    public UUID uuid() {
        return UUID.nameUUIDFromBytes((target + "/" + run).getBytes(StandardCharsets.UTF_8));
    }
}
