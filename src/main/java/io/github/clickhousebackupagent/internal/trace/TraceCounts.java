package io.github.clickhousebackupagent.internal.trace;

import java.util.concurrent.atomic.LongAdder;

/** How many spans a collector got, and did not get, since the start. Thread-safe. */
public final class TraceCounts {

    private final LongAdder sent = new LongAdder();
    private final LongAdder lost = new LongAdder();

    void sent(int spans) {
        sent.add(spans);
    }

    void lost(int spans) {
        lost.add(spans);
    }

    /** Returns how many it took. */
    public long sent() {
        return sent.sum();
    }

    /** Returns how many it did not take, or for which there was no room until it does. */
    public long lost() {
        return lost.sum();
    }
}
