package io.github.clickhousebackupagent.internal.notice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.event.Notice;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No message gets lost without being counted, and none is kept for ever. */
class DeliveriesTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    private Instant now = NOON;
    private final Clock clock =
            new Clock() {
                @Override
                public ZoneId getZone() {
                    return ZoneOffset.UTC;
                }

                @Override
                public Clock withZone(ZoneId zone) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public Instant instant() {
                    return now;
                }
            };
    private final DeliveryCounts counts = new DeliveryCounts();
    private final Owed owed = new Owed();
    private final Deliveries deliveries =
            new Deliveries(clock, Duration.ofHours(1), Duration.ofSeconds(5), 2, counts, owed);

    private static Notice notice(String id, String level) {
        return new Notice(
                "on-notice",
                NOON,
                id,
                level,
                "single",
                null,
                "a",
                "full",
                "t",
                "x",
                null,
                null,
                null,
                null);
    }

    @Test
    void theLevelIsAFloor() {
        assertThat(deliveries.takes("chat", notice("1", "info"), "warning")).isFalse();
        assertThat(deliveries.takes("chat", notice("2", "warning"), "warning")).isTrue();
        assertThat(deliveries.takes("chat", notice("3", "error"), "warning")).isTrue();
        assertThatThrownBy(() -> deliveries.takes("chat", notice("4", "error"), "warn"))
                .hasMessage("found the level warn; allowed: one of info, warning, error");
    }

    @Test
    void whatNobodyCanKeepIsDroppedAndCounted() {
        for (String id : new String[] {"1", "2", "3"}) {
            deliveries.takes("chat", notice(id, "error"), "info");
        }
        assertThat(counts.all()).isEqualTo(Map.of("chat", new DeliveryCounts.Count(0, 1)));
        assertThat(deliveries.takes("mail", notice("3", "error"), "info")).isTrue();
        deliveries.sent("chat", notice("1", "error"));
        assertThat(deliveries.takes("chat", notice("4", "error"), "info")).isTrue();
    }

    @Test
    void aMessageIsTriedAgainForAnHour() {
        Notice notice = notice("1", "error");
        deliveries.takes("chat", notice, "info");
        now = NOON.plus(Duration.ofMinutes(59));
        assertThat(deliveries.again("chat", notice, new IllegalStateException())).isTrue();
        now = NOON.plus(Duration.ofHours(1));
        assertThat(deliveries.again("chat", notice, new IllegalStateException())).isFalse();
        deliveries.failed("chat", notice, new IllegalStateException("gone"));
        assertThat(counts.all()).containsEntry("chat", new DeliveryCounts.Count(0, 1));
    }

    @Test
    void whatFailsInARowIsCountedUntilOneIsTaken() {
        deliveries.takes("mail", notice("0", "error"), "info");
        for (String id : List.of("1", "2")) {
            deliveries.takes("chat", notice(id, "error"), "info");
            deliveries.failed("chat", notice(id, "error"), new IllegalStateException("503"));
        }
        assertThat(counts.failedInARow()).isEqualTo(Map.of("chat", 2L, "mail", 0L));

        deliveries.takes("chat", notice("3", "error"), "info");
        deliveries.sent("chat", notice("3", "error"));

        assertThat(counts.failedInARow()).isEqualTo(Map.of("chat", 0L, "mail", 0L));
        assertThat(counts.all()).containsEntry("chat", new DeliveryCounts.Count(1, 2));
    }

    @Test
    void whatWaitsAtAStopIsTriedOnceForAWhileAndCountedIfItIsNotSent() {
        Notice first = notice("1", "error");
        Notice second = notice("2", "error");
        deliveries.takes("chat", first, "info");
        deliveries.takes("chat", second, "info");
        deliveries.ending();
        assertThat(deliveries.again("chat", first, new IllegalStateException())).isFalse();
        now = NOON.plusSeconds(5);
        assertThat(deliveries.open("chat", first)).isTrue();
        deliveries.sent("chat", first);
        now = NOON.plusSeconds(6);
        assertThat(deliveries.open("chat", second)).isFalse();
        deliveries.close();
        deliveries.close();
        assertThat(counts.all()).containsEntry("chat", new DeliveryCounts.Count(1, 1));
    }

    @Test
    void whatWaitsAtAnEditIsLeftToThoseAfterItAndCountedOnce() {
        Notice first = notice("1", "error");
        Notice second = notice("2", "error");
        assertThat(deliveries.takes("chat", first, "warning")).isTrue();
        assertThat(deliveries.takes("chat", second, "warning")).isTrue();
        deliveries.handsOver();
        assertThat(deliveries.again("chat", first, new IllegalStateException("503"))).isFalse();
        deliveries.failed("chat", first, new IllegalStateException("503"));
        assertThat(deliveries.open("chat", second)).as("the edit does not wait for it").isFalse();
        deliveries.close();
        assertThat(counts.all().get("chat")).isEqualTo(new DeliveryCounts.Count(0, 0));

        Deliveries after = another();
        after.takeOver();

        for (Notice notice : List.of(first, second)) {
            Owed.Message next = after.next().orElseThrow();
            assertThat(next).isEqualTo(new Owed.Message("chat", notice));
            assertThat(after.takes("chat", notice, "warning")).isTrue();
            after.told(next);
            assertThat(after.open("chat", notice)).isTrue();
            after.sent("chat", notice);
        }
        assertThat(after.next()).isEmpty();
        assertThat(counts.all().get("chat")).isEqualTo(new DeliveryCounts.Count(2, 0));
    }

    @Test
    void whatIsTakenOverIsHandedOverAgainByTheNextEditAndOnlyOnce() {
        deliveries.takes("chat", notice("1", "error"), "warning");
        deliveries.handsOver();
        deliveries.close();
        Deliveries second = another();
        second.takeOver();
        // Its receiver has it, and it was not yet ticked off.
        second.takes("chat", notice("1", "error"), "warning");
        second.handsOver();
        assertThat(second.next()).as("others go on with it").isEmpty();
        second.close();

        Deliveries third = another();
        third.takeOver();

        third.told(third.next().orElseThrow());
        assertThat(third.next()).isEmpty();
    }

    @Test
    void aReceiverThatAnEditTakesAwayLosesItsMessagesWithACount() {
        deliveries.takes("chat", notice("1", "error"), "warning");
        deliveries.handsOver();
        deliveries.close();
        Deliveries after = another();
        after.takeOver();

        after.unwanted(after.next().orElseThrow());

        assertThat(after.next()).isEmpty();
        assertThat(counts.all().get("chat")).isEqualTo(new DeliveryCounts.Count(0, 1));
    }

    @Test
    void whatAnEditLeftIsLostWithACountWhereTheAgentStopsInTheMiddleOfIt() {
        deliveries.takes("chat", notice("1", "error"), "warning");
        deliveries.handsOver();
        deliveries.close();

        another().close();

        assertThat(counts.all().get("chat")).isEqualTo(new DeliveryCounts.Count(0, 1));
    }

    private Deliveries another() {
        return new Deliveries(clock, Duration.ofHours(1), Duration.ofSeconds(5), 2, counts, owed);
    }
}
