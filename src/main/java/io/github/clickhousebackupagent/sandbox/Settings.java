package io.github.clickhousebackupagent.sandbox;

import java.time.Clock;
import java.time.Duration;

/**
 * How a simulated server was configured.
 *
 * @param resumeDelay how long it has listened when it resumes uploads; zero: it does so before
 * @param beforeWork called in the operation's thread with the row's command before anything is done
 */
record Settings(
        ServerVersion version,
        String reportedVersion,
        String user,
        String password,
        Duration createTime,
        Duration uploadTime,
        Duration listTime,
        Duration resumeDelay,
        int keepLocal,
        int keepRemote,
        Clock clock,
        BeforeWork beforeWork) {

    /** Where a test holds an operation. */
    interface BeforeWork {
        void run(String command) throws InterruptedException;
    }

    boolean is24() {
        return version == ServerVersion.V2_4;
    }
}
