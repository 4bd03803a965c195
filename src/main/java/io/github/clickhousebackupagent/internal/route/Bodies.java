package io.github.clickhousebackupagent.internal.route;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bodies of calls that are in memory: whoever may call at all, without a token too, sends them
 * before anybody looks who it is, and all of them together must have room in the heap. Small ones
 * have room of their own: a server that calls back is not kept out by whoever sends much.
 * Thread-safe.
 */
final class Bodies {

    /** The most that a body may have, in bytes: an order names each of perhaps 10,000 tables. */
    static final int MOST = 1_048_576;

    /** Up to how many bytes one is small; callbacks have none that is larger. */
    static final int SMALL = 8_192;

    /** How many of the largest there is room for. */
    static final int LARGE_AT_ONCE = 16;

    /** How many of the largest of the small ones there is room for beside those. */
    static final int SMALL_AT_ONCE = 512;

    private final AtomicLong large = new AtomicLong();
    private final AtomicLong small = new AtomicLong();

    /** The room that one body has. */
    final class Room {

        private final AtomicLong of;
        private long bytes;

        private Room(AtomicLong of, long bytes) {
            this.of = of;
            this.bytes = bytes;
        }

        /** Leaves what is not needed: it is known how long the body is. */
        synchronized void shrink(long needed) {
            if (needed < bytes) {
                of.addAndGet(needed - bytes);
                bytes = needed;
            }
        }

        /** Leaves all of it; again is nothing. */
        void leave() {
            shrink(0);
        }
    }

    /**
     * Takes room for one.
     *
     * @param most how many bytes it may have
     * @return empty: there is none
     */
    Optional<Room> take(long most) {
        boolean isSmall = most <= SMALL;
        AtomicLong of = isSmall ? small : large;
        long all = isSmall ? (long) SMALL_AT_ONCE * SMALL : (long) LARGE_AT_ONCE * MOST;
        if (of.addAndGet(most) > all) {
            of.addAndGet(-most);
            return Optional.empty();
        }
        return Optional.of(new Room(of, most));
    }
}
