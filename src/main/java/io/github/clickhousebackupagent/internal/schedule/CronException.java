package io.github.clickhousebackupagent.internal.schedule;

/** A cron expression that cannot be used. */
public final class CronException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String found;
    private final String allowed;

    CronException(String found, String allowed) {
        super(found + "; allowed: " + allowed);
        this.found = found;
        this.allowed = allowed;
    }

    /** Returns what was given, and what is wrong with it. */
    public String found() {
        return found;
    }

    /** Returns what may be given. */
    public String allowed() {
        return allowed;
    }
}
