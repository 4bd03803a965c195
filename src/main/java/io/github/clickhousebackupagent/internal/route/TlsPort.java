package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.TlsConfig;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.SSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The port with TLS, beside the one without; the same answers. */
final class TlsPort implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 10;

    /**
     * What is shown to callers.
     *
     * @param certificate PEM
     * @param key PEM
     */
    private record Pair(Buffer certificate, Buffer key) {

        /**
         * @throws ConfigException if one cannot be read
         */
        static Pair of(TlsConfig config) {
            return new Pair(
                    read("certificate-file", config.certificateFile()),
                    read("key-file", config.keyFile()));
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

        PemKeyCertOptions options() {
            return new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
        }
    }

    private final HttpServer server;
    private TlsConfig config;
    private Pair shown;

    private TlsPort(TlsConfig config, HttpServer server, Pair shown) {
        this.config = config;
        this.server = server;
        this.shown = shown;
    }

    /**
     * Opens it.
     *
     * @param answers what answers calls
     * @throws ConfigException if the port cannot be had, or certificate and key cannot be used
     */
    static TlsPort open(Vertx vertx, Handler<HttpServerRequest> answers, TlsConfig config) {
        Pair pair = Pair.of(config);
        HttpServerOptions options =
                new HttpServerOptions()
                        .setHost(config.bind())
                        .setPort(config.port())
                        .setSsl(true)
                        .setUseAlpn(true)
                        .setKeyCertOptions(pair.options());
        HttpServer server = vertx.createHttpServer(options).requestHandler(answers);
        return new TlsPort(config, await(server.listen(), config), pair);
    }

    /**
     * Shows what the files hold now, to whoever calls from now on.
     *
     * @param files of the same port
     * @throws ConfigException if it cannot be used; what was shown before still is
     */
    void show(TlsConfig files) {
        Pair now = Pair.of(files);
        if (!now.equals(shown)) {
            await(
                    server.updateSSLOptions(new SSLOptions().setKeyCertOptions(now.options())),
                    files);
            shown = now;
        }
        config = files;
    }

    /** Returns whether it is where a configuration wants it. */
    boolean isAt(TlsConfig wanted) {
        return wanted.bind().equals(config.bind()) && wanted.port().equals(config.port());
    }

    private static <T> T await(Future<T> what, TlsConfig config) {
        try {
            return what.toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw new ConfigException(
                    "http.tls: found port %d on %s, '%s' and '%s', which cannot be used (%s); allowed: a free port, a certificate and its key in PEM (PKCS #8)"
                            .formatted(
                                    config.port(),
                                    config.bind(),
                                    config.certificateFile(),
                                    config.keyFile(),
                                    why.getMessage() == null ? why : why.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        await(server.close(), config);
    }
}
