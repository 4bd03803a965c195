package io.github.clickhousebackupagent.api;

/** The API refused a call, could not be reached, or said what is not understood. */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of refusal it is, as far as that decides what to do next. */
    public enum Kind {
        /** 401: no or wrong credentials; trying again is useless. */
        UNAUTHORIZED,
        /** 423: another operation runs. */
        LOCKED,
        /** 404 or 405: this server does not know the call. */
        UNKNOWN_CALL,
        /** Any other status from 400 to 499: it would be the same the next time. */
        REFUSED,
        /** Any other status that is no success, such as 500 while ClickHouse is down. */
        TROUBLED,
        /** No answer of a known server: half of one, or a proxy's page. */
        NOT_UNDERSTOOD,
        /** An answer that is one of a server's, and yet not to what was asked. */
        CONTRARY
    }

    private final Kind kind;

    /**
     * @param kind what kind of refusal it is
     * @param message what happened, for people
     */
    public ApiException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** Returns what kind of refusal it is. */
    public Kind kind() {
        return kind;
    }

    /** Returns whether the same call may well be answered the next time. */
    public boolean mayPass() {
        return kind == Kind.LOCKED || kind == Kind.TROUBLED || kind == Kind.NOT_UNDERSTOOD;
    }
}
