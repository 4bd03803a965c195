package io.github.clickhousebackupagent.event;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.time.Instant;

/**
 * What is worth a message to people: the body that routes get which hook in at {@code on-notice}.
 * What may be null is left out of the JSON. Moments are RFC 3339 texts in UTC there.
 *
 * @param event always {@code on-notice}
 * @param time when it came to that
 * @param id the same each time that this notice is sent, and of no other
 * @param level {@code info}, {@code warning} or {@code error}; of what is over, that of the trouble
 * @param state {@code new}: a trouble begins; {@code lasting}: it was told before; {@code
 *     recovered}: it is over; {@code single}: it has neither
 * @param trouble {@code failed}, {@code skipped}, {@code missed}, {@code withdrawn} or {@code
 *     warning}; null: none
 * @param target name of the target; of several that were withdrawn, the first
 * @param kind {@code full}, {@code diff}, {@code restore}, {@code delete} or {@code adopt}; null
 *     where only what was cut off was to go on, and of what was withdrawn
 * @param title what it is, for people, in one line
 * @param text what more is known, for people; never null
 * @param since when the trouble began; null where it has no state
 * @param lastedMillis milliseconds since then; null where it has no state
 * @param count how often it came up since then; null where it has no state
 * @param cause the event that it is made for, with its run, backup, stage and reason
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Notice(
        String event,
        @JsonSerialize(using = ToStringSerializer.class) Instant time,
        String id,
        String level,
        String state,
        String trouble,
        String target,
        String kind,
        String title,
        String text,
        @JsonSerialize(using = ToStringSerializer.class) Instant since,
        Long lastedMillis,
        Integer count,
        RunEvent cause) {}
