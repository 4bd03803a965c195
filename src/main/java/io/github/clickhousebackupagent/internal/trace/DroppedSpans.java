package io.github.clickhousebackupagent.internal.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounterBuilder;
import io.opentelemetry.api.metrics.DoubleGaugeBuilder;
import io.opentelemetry.api.metrics.DoubleHistogramBuilder;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongCounterBuilder;
import io.opentelemetry.api.metrics.LongUpDownCounterBuilder;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterBuilder;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.metrics.ObservableLongCounter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import io.opentelemetry.context.Context;
import java.util.function.Consumer;

/**
 * Hears from the queue of spans how many it had no room for: it tells that to a meter, as {@code
 * processedSpans} with {@code dropped}, and to nobody else. All else that is measured of it goes
 * nowhere. Thread-safe.
 */
final class DroppedSpans implements MeterProvider, Meter, MeterBuilder {

    private static final String PROCESSED = "processedSpans";
    private static final AttributeKey<Boolean> DROPPED = AttributeKey.booleanKey("dropped");

    private final Meter nowhere = MeterProvider.noop().get("nowhere");
    private final TraceCounts counts;

    /**
     * @param counts where they are lost
     */
    DroppedSpans(TraceCounts counts) {
        this.counts = counts;
    }

    @Override
    public MeterBuilder meterBuilder(String scope) {
        return this;
    }

    @Override
    public MeterBuilder setSchemaUrl(String url) {
        return this;
    }

    @Override
    public MeterBuilder setInstrumentationVersion(String version) {
        return this;
    }

    @Override
    public Meter build() {
        return this;
    }

    @Override
    public LongCounterBuilder counterBuilder(String name) {
        return name.equals(PROCESSED) ? new Builder() : nowhere.counterBuilder(name);
    }

    @Override
    public LongUpDownCounterBuilder upDownCounterBuilder(String name) {
        return nowhere.upDownCounterBuilder(name);
    }

    @Override
    public DoubleHistogramBuilder histogramBuilder(String name) {
        return nowhere.histogramBuilder(name);
    }

    @Override
    public DoubleGaugeBuilder gaugeBuilder(String name) {
        return nowhere.gaugeBuilder(name);
    }

    private final class Builder implements LongCounterBuilder {

        @Override
        public LongCounterBuilder setDescription(String description) {
            return this;
        }

        @Override
        public LongCounterBuilder setUnit(String unit) {
            return this;
        }

        @Override
        public DoubleCounterBuilder ofDoubles() {
            return nowhere.counterBuilder(PROCESSED).ofDoubles();
        }

        @Override
        public LongCounter build() {
            return new Counter();
        }

        @Override
        public ObservableLongCounter buildWithCallback(
                Consumer<ObservableLongMeasurement> callback) {
            return nowhere.counterBuilder(PROCESSED).buildWithCallback(callback);
        }
    }

    private final class Counter implements LongCounter {

        @Override
        public void add(long spans) {
            // Without saying what became of them.
        }

        @Override
        public void add(long spans, Attributes what) {
            if (Boolean.TRUE.equals(what.get(DROPPED))) {
                counts.lost((int) spans);
            }
        }

        @Override
        public void add(long spans, Attributes what, Context context) {
            add(spans, what);
        }
    }
}
