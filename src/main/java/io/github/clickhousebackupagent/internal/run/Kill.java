package io.github.clickhousebackupagent.internal.run;

/** Whether the server is told to kill the operation of a run, which has exceeded its limit. */
public enum Kill {
    /** There is no need. */
    NO,
    /** It is to be told now. */
    DUE,
    /** It was told. */
    ASKED
}
