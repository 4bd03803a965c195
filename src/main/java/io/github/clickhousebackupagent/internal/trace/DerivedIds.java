package io.github.clickhousebackupagent.internal.trace;

import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.function.Supplier;

/**
 * Ids of traces and spans. Those of runs and stages follow from what they are, so that a run which
 * goes on in another process goes on in the same trace, and in the same span; all others are
 * random.
 */
final class DerivedIds implements IdGenerator, Naming {

    private final IdGenerator random = IdGenerator.random();
    private final ThreadLocal<Ids> next = new ThreadLocal<>();

    @Override
    public boolean lasts() {
        return true;
    }

    @Override
    public <T> T named(Ids ids, Supplier<T> begin) {
        next.set(ids);
        try {
            return begin.get();
        } finally {
            next.remove();
        }
    }

    @Override
    public String generateSpanId() {
        Ids ids = next.get();
        return ids == null ? random.generateSpanId() : ids.span();
    }

    @Override
    public String generateTraceId() {
        Ids ids = next.get();
        return ids == null ? random.generateTraceId() : ids.trace();
    }
}
