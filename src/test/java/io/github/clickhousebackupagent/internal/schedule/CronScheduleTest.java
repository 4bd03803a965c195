package io.github.clickhousebackupagent.internal.schedule;

import static java.time.DayOfWeek.FRIDAY;
import static java.time.DayOfWeek.MONDAY;
import static java.time.DayOfWeek.SATURDAY;
import static java.time.DayOfWeek.SUNDAY;
import static java.time.DayOfWeek.THURSDAY;
import static java.time.DayOfWeek.TUESDAY;
import static java.time.DayOfWeek.WEDNESDAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronScheduleTest {

    private static final ZoneId UTC = ZoneOffset.UTC;
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /** A Sunday. */
    private static final ZonedDateTime START = ZonedDateTime.parse("2026-11-22T00:00:00Z");

    @Test
    void hourlyDiffsOnAllDaysButSaturday() {
        assertFires("0 */1 * * 1-5,0", t -> onTheHour(t) && t.getDayOfWeek() != SATURDAY);
    }

    @Test
    void hourlyDiffsOnSaturdayUntilTheFull() {
        assertFires(
                "0 0-20/1 * * 6",
                t -> onTheHour(t) && t.getDayOfWeek() == SATURDAY && t.getHour() <= 20);
    }

    @Test
    void oneFullOnSaturdayEvening() {
        assertFires(
                "30 20 * * 6",
                t -> t.getDayOfWeek() == SATURDAY && t.toLocalTime().equals(LocalTime.of(20, 30)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "7", "sun", "SUN", "Sun"})
    void theseAreAllSunday(String day) {
        assertFires("0 3 * * " + day, t -> atThree(t) && t.getDayOfWeek() == SUNDAY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5-7", "5-7/1", "5,6,0", "5,6,7", "FRI,SAT,SUN"})
    void theWeekendMayEndWithSunday(String days) {
        assertFires("0 3 * * " + days, onDays(FRIDAY, SATURDAY, SUNDAY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0-6", "1-7", "0-7", "*/1"})
    void theseAreAllDays(String days) {
        assertFires("0 3 * * " + days, CronScheduleTest::atThree);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1-5/2", "1-6/2", "mon,wed,fri", "MON-FRI/2"})
    void everySecondWorkday(String days) {
        assertFires("0 3 * * " + days, onDays(MONDAY, WEDNESDAY, FRIDAY));
    }

    @Test
    void aStepMayEndWithSunday() {
        assertFires("0 3 * * 1-7/2", onDays(MONDAY, WEDNESDAY, FRIDAY, SUNDAY));
    }

    @Test
    void stepsOverTheWeekBeginWithSunday() {
        assertFires("0 3 * * */2", onDays(SUNDAY, TUESDAY, THURSDAY, SATURDAY));
    }

    @Test
    void listsRangesAndSteps() {
        assertFires(
                "5,10-12,*/30 1-3,22 * * *",
                t ->
                        Set.of(0, 5, 10, 11, 12, 30).contains(t.getMinute())
                                && Set.of(1, 2, 3, 22).contains(t.getHour()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 3 * 11 *", "0 3 * nov *", "0 3 * NOV *", "0 3 * 10-11 *"})
    void months(String cron) {
        assertFires(cron, t -> atThree(t) && t.getMonthValue() == 11);
    }

    @Test
    void namingADayOfTheMonthAndOneOfTheWeekMeansEither() {
        assertFires(
                "0 3 24,25 * 2",
                t ->
                        atThree(t)
                                && (Set.of(24, 25).contains(t.getDayOfMonth())
                                        || t.getDayOfWeek() == TUESDAY));
    }

    @Test
    void aStepOfAllDaysBesideADayIsRefusedAsItsMeaningIsNotKnown() {
        assertThatThrownBy(() -> CronSchedule.parse("0 3 */2 * 1", UTC))
                .isInstanceOf(CronException.class)
                .hasMessageContaining("restricts both days");
    }

    @Test
    void blanksAroundFieldsDoNotMatter() {
        assertFires("  30\t20  * * 6 ", t -> t.getDayOfWeek() == SATURDAY && isAt(t, 20, 30));
    }

    @Test
    void sixFieldsAreReadAsQuartzReadsThem() {
        CronSchedule schedule = CronSchedule.parse("15 30 20 ? * SAT", UTC);

        assertThat(schedule.next(START.toInstant()))
                .contains(Instant.parse("2026-11-28T20:30:15Z"));
        // 7 is Saturday there.
        assertThat(CronSchedule.parse("0 0 3 ? * 7", UTC).next(START.toInstant()))
                .contains(Instant.parse("2026-11-28T03:00:00Z"));
    }

    @Test
    void sevenFieldsHaveAYear() {
        CronSchedule schedule = CronSchedule.parse("0 0 3 1 1 ? 2027-2028", UTC);

        assertThat(schedule.upcoming(START.toInstant(), 5))
                .containsExactly(
                        Instant.parse("2027-01-01T03:00:00Z"),
                        Instant.parse("2028-01-01T03:00:00Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "* * * *",
                "* * * * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * 0 *",
                "* * * * 8",
                "99 * * * * ?",
                "0 0 0 1 1 1",
                "a * * * *",
                "5-1-2 * * * *",
                "*/90 * * * *",
                "@daily"
            })
    void malformedIsRefusedRatherThanGuessed(String text) {
        assertThatThrownBy(() -> CronSchedule.parse(text, UTC).requireNext(START.toInstant()))
                .isInstanceOf(CronException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("allowed: ");
    }

    @Test
    void aDayThatNeverComesIsRefused() {
        CronSchedule schedule = CronSchedule.parse("0 0 31 2 *", UTC);

        assertThat(schedule.next(START.toInstant())).isEmpty();
        assertThat(schedule.upcoming(START.toInstant(), 3)).isEmpty();
        assertThatThrownBy(() -> schedule.requireNext(START.toInstant()))
                .isInstanceOf(CronException.class)
                .hasMessageContaining("never fires");
    }

    @Test
    void theNextTimesAreInOrderAndAfterTheMoment() {
        assertThat(
                        CronSchedule.parse("0 3 24 * 2", UTC)
                                .upcoming(Instant.parse("2026-11-24T03:00:00Z"), 3))
                .containsExactly(
                        Instant.parse("2026-12-01T03:00:00Z"),
                        Instant.parse("2026-12-08T03:00:00Z"),
                        Instant.parse("2026-12-15T03:00:00Z"));
    }

    @ParameterizedTest
    @CsvSource({
        "Asia/Tokyo, 2026-11-22T11:30:00Z",
        "+02:00, 2026-11-22T18:30:00Z",
        "UTC+02:00, 2026-11-22T18:30:00Z",
        "GMT-3, 2026-11-22T23:30:00Z",
        "Z, 2026-11-22T20:30:00Z"
    })
    void theTimeIsThatOfTheZone(ZoneId zone, Instant expected) {
        assertThat(CronSchedule.parse("30 20 * * *", zone).next(START.toInstant()))
                .contains(expected);
    }

    @Test
    void anHourlyBackupIsNotLostWhenTheClockIsPutForward() {
        assertThat(upcoming("0 * * * *", "2027-03-28T00:00:00+01:00", 4))
                .containsExactly(
                        "2027-03-28T01:00+01:00", "2027-03-28T03:00+02:00",
                        "2027-03-28T04:00+02:00", "2027-03-28T05:00+02:00");
    }

    /** As Quartz does it, which is documented; crontab would fire in both. */
    @Test
    void anHourlyBackupIsMadeInTheSecondOfTheTwoHoursWhenTheClockIsPutBack() {
        assertThat(upcoming("0 * * * *", "2026-10-25T00:30:00+02:00", 3))
                .containsExactly(
                        "2026-10-25T01:00+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T03:00+01:00");
    }

    /** As Quartz does it, which is documented; crontab would fire at three. */
    @Test
    void aDailyBackupIsNotMadeOnTheDayThatHasNoSuchHour() {
        assertThat(upcoming("30 2 * * *", "2027-03-27T12:00:00+01:00", 1))
                .containsExactly("2027-03-29T02:30+02:00");
    }

    @Test
    void aDailyBackupIsMadeOnceOnTheDayThatHasTheHourTwice() {
        assertThat(upcoming("30 2 * * *", "2026-10-24T12:00:00+02:00", 2))
                .extracting(text -> text.substring(0, 16))
                .containsExactly("2026-10-25T02:30", "2026-10-26T02:30");
    }

    private static List<String> upcoming(String cron, String after, int count) {
        return CronSchedule.parse(cron, BERLIN)
                .upcoming(ZonedDateTime.parse(after).toInstant(), count)
                .stream()
                .map(at -> at.atZone(BERLIN).toOffsetDateTime().toString())
                .toList();
    }

    /** Asserts that it fires in exactly those minutes of a week that crontab would fire in. */
    private static void assertFires(String cron, Predicate<ZonedDateTime> fires) {
        List<Instant> expected =
                Stream.iterate(START, t -> t.plusMinutes(1))
                        .limit(7 * 24 * 60)
                        .filter(fires)
                        .map(ZonedDateTime::toInstant)
                        .toList();
        Instant end = START.plusDays(7).toInstant();
        CronSchedule schedule = CronSchedule.parse(cron, UTC);

        List<Instant> found =
                schedule.upcoming(START.toInstant().minusSeconds(1), expected.size() + 1).stream()
                        .filter(at -> at.isBefore(end))
                        .toList();

        assertThat(expected).isNotEmpty();
        assertThat(found).isEqualTo(expected);
    }

    private static boolean onTheHour(ZonedDateTime time) {
        return time.getMinute() == 0;
    }

    private static boolean atThree(ZonedDateTime time) {
        return isAt(time, 3, 0);
    }

    private static boolean isAt(ZonedDateTime time, int hour, int minute) {
        return time.getHour() == hour && time.getMinute() == minute;
    }

    private static Predicate<ZonedDateTime> onDays(DayOfWeek first, DayOfWeek... others) {
        EnumSet<DayOfWeek> days = EnumSet.of(first, others);
        return t -> atThree(t) && days.contains(t.getDayOfWeek());
    }

    @Test
    void theWeekOfTheseTestsBeginsWithASunday() {
        assertThat(LocalDate.of(2026, 11, 22).getDayOfWeek()).isEqualTo(SUNDAY);
    }
}
