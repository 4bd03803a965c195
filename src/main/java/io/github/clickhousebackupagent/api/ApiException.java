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
        /** Any other status that is no success. */
        REFUSED,
        /** An answer that no known server gives. */
        NOT_UNDERSTOOD
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
}
