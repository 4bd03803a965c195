package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.TlsConfig;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * What is shown to callers by TLS: a certificate, and the key that belongs to it. Held as it was
 * read, so that it is shown on when its files are gone.
 *
 * @param certificate PEM
 * @param key PEM
 */
record TlsPair(Buffer certificate, Buffer key) {

    private static final String[] KEY_TYPES = {"EC", "RSA", "RSASSA-PSS", "EdDSA"};
    private static final byte[] ANYTHING = "anything".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads the files of a configuration.
     *
     * @throws ConfigException if one cannot be read, or they cannot be shown: they are no PEM, or
     *     do not belong together
     */
    static TlsPair read(Vertx vertx, TlsConfig config) {
        TlsPair pair =
                new TlsPair(
                        read("certificate-file", config.certificateFile()),
                        read("key-file", config.keyFile()));
        try {
            if (!pair.belongTogether(vertx)) {
                throw unusable(config, "the key is not that of the certificate");
            }
            return pair;
        } catch (ConfigException e) {
            throw e;
        } catch (Exception e) {
            // Vert.x says so of what is no PEM, or of another kind of key.
            throw unusable(config, Causes.words(e));
        }
    }

    private static Buffer read(String name, Path file) {
        try {
            return Buffer.buffer(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ConfigException(
                    "http.tls.%s: found '%s', which cannot be read (%s); allowed: a PEM file that the agent may read"
                            .formatted(name, file, e.getMessage()));
        }
    }

    private static ConfigException unusable(TlsConfig config, String why) {
        return new ConfigException(
                "http.tls: found '%s' and '%s', which cannot be used (%s); allowed: a certificate and its key in PEM (PKCS #8)"
                        .formatted(config.certificateFile(), config.keyFile(), why));
    }

    PemKeyCertOptions options() {
        return new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
    }

    /** Nobody looks before somebody calls, and then it is the caller who is told. */
    private boolean belongTogether(Vertx vertx) throws Exception {
        for (KeyManager any : options().getKeyManagerFactory(vertx).getKeyManagers()) {
            if (any instanceof X509KeyManager manager) {
                String alias =
                        Stream.of(KEY_TYPES)
                                .map(type -> manager.getServerAliases(type, null))
                                .filter(Objects::nonNull)
                                .map(aliases -> aliases[0])
                                .findFirst()
                                .orElseThrow(
                                        () ->
                                                new GeneralSecurityException(
                                                        "no key of a kind for TLS"));
                return isKeyOf(manager.getPrivateKey(alias), manager.getCertificateChain(alias)[0]);
            }
        }
        throw new GeneralSecurityException("no key");
    }

    private static boolean isKeyOf(PrivateKey key, X509Certificate certificate)
            throws GeneralSecurityException {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "EC" -> "SHA256withECDSA";
                    case "EdDSA" -> "EdDSA";
                    default -> "SHA256withRSA";
                };
        Signature signs = Signature.getInstance(algorithm);
        signs.initSign(key);
        signs.update(ANYTHING);
        byte[] signed = signs.sign();
        Signature verifies = Signature.getInstance(algorithm);
        verifies.initVerify(certificate.getPublicKey());
        verifies.update(ANYTHING);
        return verifies.verify(signed);
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "TlsPair[%d bytes]".formatted(certificate.length());
    }
}
