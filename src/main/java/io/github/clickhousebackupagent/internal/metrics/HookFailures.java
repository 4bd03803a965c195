package io.github.clickhousebackupagent.internal.metrics;

import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.run.RunListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often routes failed that are hooked in, by point, since the start. Thread-safe. */
public final class HookFailures implements RunListener {

    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

    /** Counts from 0 at each point, so that 0 is there to be watched. */
    public HookFailures() {
        HookPoint.words().forEach(point -> failures.put(point, new LongAdder()));
    }

    @Override
    public void hookFailed(RunEvent event, String what) {
        failures.computeIfAbsent(event.event(), any -> new LongAdder()).increment();
    }

    /** Returns how often it was at a point. */
    long at(String point) {
        LongAdder count = failures.get(point);
        return count == null ? 0 : count.sum();
    }
}
