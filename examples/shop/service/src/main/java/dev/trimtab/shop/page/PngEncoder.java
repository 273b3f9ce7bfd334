package dev.trimtab.shop.page;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes square pictures as PNG (https://www.w3.org/TR/png-3/): eight bits a channel, no filter. */
final class PngEncoder {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int HEADER_LENGTH = 13;

    private PngEncoder() {}

    /** @param pixels red, green and blue of each pixel, row by row */
    static byte[] encode(byte[] pixels, int side) {
        var header = ByteBuffer.allocate(HEADER_LENGTH).putInt(side).putInt(side)
                .put((byte) 8).put((byte) 2).put((byte) 0).put((byte) 0).put((byte) 0);  // 8 bits, RGB, no interlace
        var png = new ByteArrayOutputStream(pixels.length);
        png.writeBytes(SIGNATURE);
        writeChunk(png, "IHDR", header.array());
        writeChunk(png, "IDAT", deflate(withFilterBytes(pixels, side)));
        writeChunk(png, "IEND", new byte[0]);
        return png.toByteArray();
    }

    private static byte[] withFilterBytes(byte[] pixels, int side) {
        int row = 3 * side;
        var filtered = new byte[(row + 1) * side];
        for (int y = 0; y < side; y++) {
            System.arraycopy(pixels, y * row, filtered, y * (row + 1) + 1, row);
        }
        return filtered;
    }

    private static byte[] deflate(byte[] data) {
        var deflater = new Deflater(Deflater.BEST_SPEED);
        try {
            deflater.setInput(data);
            deflater.finish();
            var out = new ByteArrayOutputStream(data.length);
            var buffer = new byte[8192];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private static void writeChunk(ByteArrayOutputStream png, String type, byte[] data) {
        var name = type.getBytes(StandardCharsets.US_ASCII);
        var checksum = new CRC32();
        checksum.update(name);
        checksum.update(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        png.writeBytes(name);
        png.writeBytes(data);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }
}
