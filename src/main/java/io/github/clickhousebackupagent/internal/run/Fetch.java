package io.github.clickhousebackupagent.internal.run;

/** How a backup gets onto the server's disk, from where it is restored. */
public enum Fetch {
    /** It is there. */
    NO,
    /** It is downloaded. */
    DOWNLOAD,
    /** What is there of it is deleted, then it is downloaded. */
    ANEW
}
