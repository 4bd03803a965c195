package io.github.clickhousebackupagent.internal.notice;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs messages, so that their receiver knows whom they are from, and when. Thread-safe. */
public final class Signatures {

    private static final String ALGORITHM = "HmacSHA256";

    private final Clock clock;

    /**
     * @param clock for the time that is signed
     */
    public Signatures(Clock clock) {
        this.clock = clock;
    }

    /**
     * Returns {@code t=SECONDS,v1=HEX}: the Unix time, and the HMAC-SHA256 of {@code SECONDS.BODY}.
     *
     * @param secret what both sides know; not empty
     * @param body as it is sent
     * @throws IllegalArgumentException if the secret is empty
     */
    public String sign(String secret, byte[] body) {
        if (secret == null || secret.isEmpty()) {
            throw new IllegalArgumentException("found an empty secret; allowed: one to sign with");
        }
        long seconds = clock.instant().getEpochSecond();
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
            mac.update((seconds + ".").getBytes(StandardCharsets.UTF_8));
            return "t=%d,v1=%s".formatted(seconds, HexFormat.of().formatHex(mac.doFinal(body)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("this Java cannot sign: " + e.getMessage(), e);
        }
    }
}
