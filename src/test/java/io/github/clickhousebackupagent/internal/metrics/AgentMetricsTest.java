package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.run.Tally;
import io.github.clickhousebackupagent.internal.run.TargetFigures;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What alerts are told of a target: what they take for young, they are silent about. */
class AgentMetricsTest {

    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final Instant LONG_AGO = Instant.parse("2026-05-01T00:00:00Z");
    private static final String PROVEN = "last_proven_backup_timestamp_seconds";
    private static final String FORCE = "schedule_in_force_since_timestamp_seconds";
    private static final String ALLOWANCE = "backup_allowance_seconds";

    private static double value(String metric, TargetFigures figures) {
        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        AgentMetrics metrics =
                new AgentMetrics(
                        new ConfigLoader(name -> null, clock)
                                .parse(
                                        "agent.yaml",
                                        """
                                        targets: { node: { url: "http://127.0.0.1:7171" } }
                                        schedules: { hourly: { do: diff, cron: "0 * * * *" } }
                                        """),
                        clock,
                        target -> figures,
                        Seen.nothing(clock),
                        () -> null,
                        new AgentMetrics.Build("1", "4"));
        return metrics.collect().stream()
                .filter(one -> one.getMetadata().getName().equals(Series.named(metric)))
                .flatMap(one -> ((GaugeSnapshot) one).getDataPoints().stream())
                .mapToDouble(GaugeDataPointSnapshot::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static Standing.Proven proven(RunKind kind, Instant asOf, Duration took) {
        Instant begun = NOW.minus(Duration.ofHours(20));
        return new Standing.Proven("B", kind, asOf, begun, begun.plus(took), "R", null, null, null);
    }

    private static TargetFigures figures(
            List<Standing.AtWork> atWork,
            List<Standing.Proven> proven,
            Map<RunKind, Duration> took) {
        return figures(
                new Standing(
                        atWork,
                        null,
                        proven,
                        took,
                        Map.of(),
                        Map.of("hourly", LONG_AGO),
                        List.of(),
                        List.of()));
    }

    private static TargetFigures figures(Standing standing) {
        TargetFigures nothing = TargetFigures.nothing();
        return new TargetFigures(
                standing,
                nothing.tallies(),
                nothing.times(),
                nothing.lastSizes(),
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                0);
    }

    private static TargetFigures asOf(Instant asOf) {
        return figures(
                List.of(), List.of(proven(RunKind.FULL, asOf, Duration.ofHours(1))), Map.of());
    }

    @Test
    void anAgeThatIsNotKnownIsNoNumberAndNotNever() {
        assertThat(value(PROVEN, asOf(null))).isNaN();
        assertThat(value(PROVEN, TargetFigures.nothing())).isZero();
        assertThat(value(PROVEN, asOf(LONG_AGO))).isEqualTo(LONG_AGO.getEpochSecond());
    }

    @Test
    void aClockThatWasPutBackMakesNoBackupYoung() {
        assertThat(value(PROVEN, asOf(NOW.plus(Duration.ofDays(30))))).isNaN();
        Instant aMoment = NOW.plusSeconds(1);
        assertThat(value(PROVEN, asOf(aMoment))).isEqualTo(aMoment.getEpochSecond());
    }

    @Test
    void aScheduleIsInForceSinceTheJournalSaysSoAndNotSinceTheStart() {
        assertThat(value(FORCE, asOf(LONG_AGO))).isEqualTo(LONG_AGO.getEpochSecond());
    }

    @Test
    void aScheduleThatWasAddedInAPauseHasItsIntervalFromTheEndOfThat() {
        Standing standing = asOf(LONG_AGO).standing();
        Instant resumed = NOW.minusSeconds(60);
        List<Standing.PastPause> pauses =
                List.of(
                        new Standing.PastPause("other", LONG_AGO, NOW),
                        new Standing.PastPause(null, LONG_AGO, resumed));

        assertThat(
                        value(
                                FORCE,
                                figures(
                                        new Standing(
                                                List.of(),
                                                null,
                                                standing.proven(),
                                                Map.of(),
                                                Map.of(),
                                                Map.of(),
                                                List.of(),
                                                pauses))))
                .isEqualTo(resumed.getEpochSecond());
        // Of a journal that cannot be read nothing is known: that is to be told at once.
        assertThat(value(FORCE, TargetFigures.nothing())).isZero();
    }

    @Test
    void aThousandTargetsAreToldWithinAFewMebibytes() {
        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        String targets =
                IntStream.range(0, 1000)
                        .mapToObj(
                                i ->
                                        "  shard%04d-replica1: { url: 'http://127.0.0.1:7171' }%n"
                                                .formatted(i))
                        .collect(Collectors.joining());
        TargetFigures figures = worked();
        AgentMetrics metrics =
                new AgentMetrics(
                        new ConfigLoader(name -> null, clock)
                                .parse(
                                        "agent.yaml",
                                        "targets:\n"
                                                + targets
                                                + """
                                                schedules:
                                                  diff-weekdays: { do: diff, cron: "0 * * * 1-5,0" }
                                                  full-saturday: { do: full, cron: "30 20 * * 6" }
                                                """),
                        clock,
                        target -> figures,
                        Seen.nothing(clock),
                        () -> null,
                        new AgentMetrics.Build("1", "4"));

        try (ProcessMetrics process = new ProcessMetrics()) {
            Exposition exposition = new Exposition(() -> metrics, process);
            int text = exposition.scrape(null, null).body().length;
            int zipped = exposition.scrape(null, "gzip").body().length;

            assertThat(text).as("text").isLessThan(3_300_000);
            assertThat(zipped).as("as Prometheus asks for it").isLessThan(200_000);
        }
    }

    /** What an agent has to tell of a target after some weeks, of all kinds and outcomes. */
    private static TargetFigures worked() {
        Map<Outcome, Long> ended =
                Map.of(
                        Outcome.SUCCESS, 700L,
                        Outcome.FAILED, 3L,
                        Outcome.SKIPPED, 20L,
                        Outcome.INTERRUPTED, 1L);
        return new TargetFigures(
                new Standing(
                        List.of(),
                        null,
                        List.of(proven(RunKind.DIFF, LONG_AGO, Duration.ofSeconds(314))),
                        Map.of(
                                RunKind.FULL,
                                Duration.ofHours(2),
                                RunKind.DIFF,
                                Duration.ofMinutes(5)),
                        Map.of(),
                        Map.of("diff-weekdays", LONG_AGO, "full-saturday", LONG_AGO),
                        List.of(),
                        List.of()),
                List.of(
                        new Tally("diff-weekdays", RunKind.DIFF, ended, LONG_AGO, LONG_AGO),
                        new Tally("diff-weekdays", RunKind.FULL, ended, LONG_AGO, LONG_AGO),
                        new Tally("full-saturday", RunKind.FULL, ended, LONG_AGO, LONG_AGO),
                        new Tally(null, RunKind.FULL, ended, LONG_AGO, LONG_AGO)),
                List.of(),
                Map.of(RunKind.FULL, 123456789012L, RunKind.DIFF, 1234567890L),
                Map.of(),
                24,
                LONG_AGO,
                true,
                0,
                0,
                0);
    }

    @ParameterizedTest
    @CsvSource({
        // Nothing is at work: how long the last one took, as its data was as old when it was
        // proven.
        "DIFF, PT4H, , , PT4H",
        "FULL, PT40H, , , PT40H",
        "FULL, PT100H, , , PT72H",
        "DIFF, PT-1H, , , PT0S",
        // An adopted one took as long as somebody else says.
        "ADOPT, PT4H, , , PT0S",
        // On top, twice what the last one took of the kind that is at work.
        "DIFF, PT5M, FULL, PT4H, PT8H5M",
        "DIFF, PT5M, FULL, PT20H, PT24H5M",
        // One of more than a day, of each week, is not told each week.
        "DIFF, PT5M, FULL, PT24H, PT24H5M",
        "DIFF, PT5M, FULL, PT30H, PT60H5M",
        "DIFF, PT5M, FULL, PT40H, PT72H5M",
        "DIFF, PT5M, FULL, PT200H, PT72H5M",
        "DIFF, PT5M, DIFF, PT1M, PT35M",
        "DIFF, PT5M, DIFF, PT-1H, PT35M",
        // The first of its kind.
        "DIFF, PT5M, FULL, , PT24H5M",
        // It makes no backup.
        "DIFF, PT5M, RESTORE, PT4H, PT5M",
    })
    void whatBackupsTakeIsAllowedForWithinReason(
            RunKind last, Duration took, RunKind atWork, Duration usual, Duration allowed) {
        List<Standing.AtWork> now =
                atWork == null
                        ? List.of()
                        : List.of(
                                new Standing.AtWork(
                                        "run", atWork, Stage.UPLOAD, "C", "full", LONG_AGO));

        double seconds =
                value(
                        ALLOWANCE,
                        figures(
                                now,
                                List.of(proven(last, LONG_AGO, took)),
                                usual == null ? Map.of() : Map.of(atWork, usual)));

        assertThat(seconds).isEqualTo(allowed.toSeconds());
    }
}
