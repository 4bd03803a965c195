package io.github.clickhousebackupagent.internal.trace;

import java.util.function.Supplier;

/** Who chooses the ids of spans. */
interface Naming {

    /** Of a platform that does it by itself. */
    Naming OF_PLATFORM =
            new Naming() {
                @Override
                public boolean lasts() {
                    return false;
                }

                @Override
                public <T> T named(Ids ids, Supplier<T> begin) {
                    return begin.get();
                }
            };

    /**
     * Returns whether a span that is begun a second time, as the first process is gone, is the same
     * span.
     */
    boolean lasts();

    /** Begins a span that is to have these ids, if they can be chosen. */
    <T> T named(Ids ids, Supplier<T> begin);
}
