package io.github.clickhousebackupagent.internal.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.time.Duration;
import java.time.Instant;

/** The series of one metric, while they are collected. Not thread-safe. */
final class Series {

    private static final String PREFIX = "clickhouse_backup_agent_";

    private final GaugeSnapshot.Builder gauge;
    private final CounterSnapshot.Builder counter;

    private Series(GaugeSnapshot.Builder gauge, CounterSnapshot.Builder counter) {
        this.gauge = gauge;
        this.counter = counter;
    }

    /** Begins a metric whose values go up and down. */
    static Series gauge(String name, String help) {
        return new Series(GaugeSnapshot.builder().name(PREFIX + name).help(help), null);
    }

    /**
     * Begins a metric whose values only go up.
     *
     * @param name without {@code _total} at its end
     */
    static Series counter(String name, String help) {
        return new Series(null, CounterSnapshot.builder().name(PREFIX + name).help(help));
    }

    /** Returns the name of a metric with what all of ours begin with. */
    static String named(String name) {
        return PREFIX + name;
    }

    void add(Labels labels, double value) {
        if (gauge != null) {
            gauge.dataPoint(
                    GaugeSnapshot.GaugeDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build());
        } else {
            counter.dataPoint(
                    CounterSnapshot.CounterDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build());
        }
    }

    /** Adds a moment; null is never, which is 0. */
    void add(Labels labels, Instant moment) {
        add(labels, moment == null ? 0 : moment.toEpochMilli() / 1e3);
    }

    void add(Labels labels, Duration time) {
        add(labels, time == null ? Double.NaN : time.toNanos() / 1e9);
    }

    /** Adds what holds or does not; null is neither, which is no number. */
    void add(Labels labels, Boolean holds) {
        add(labels, holds == null ? Double.NaN : holds ? 1 : 0);
    }

    /** Adds a number; null is none that is known, which is no number. */
    void add(Labels labels, Number number) {
        add(labels, number == null ? Double.NaN : number.doubleValue());
    }

    MetricSnapshot build() {
        return gauge != null ? gauge.build() : counter.build();
    }
}
