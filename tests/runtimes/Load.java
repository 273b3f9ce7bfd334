import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

// Holds memory of each kind and prints its peak of resident memory in MiB: live heap, churn, threads, direct buffers, classes.
public class Load {
  public static class Small {
    int a, b, c;
    public int sum(int x) { return a + b + c + x; }
  }

  static class Definer extends ClassLoader {
    Class<?> define(byte[] code) { return defineClass("Load$Small", code, 0, code.length); }
  }

  static int deep(int level) { return level == 0 ? 0 : deep(level - 1) + level; }

  static byte[] code() throws Exception {
    InputStream in = Load.class.getResourceAsStream("Load$Small.class");
    byte[] buffer = new byte[65536];
    int size = 0;
    for (int n; (n = in.read(buffer, size, buffer.length - size)) > 0;) size += n;
    byte[] result = new byte[size];
    System.arraycopy(buffer, 0, result, 0, size);
    return result;
  }

  static double peak() throws Exception {
    for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
    }
    return 0;
  }

  public static void main(String[] arguments) throws Exception {
    int liveMib = Integer.parseInt(arguments[0]), churnMib = Integer.parseInt(arguments[1]);
    int threads = Integer.parseInt(arguments[2]), directMib = Integer.parseInt(arguments[3]);
    int classes = Integer.parseInt(arguments[4]);
    List<Object> held = new ArrayList<>();
    for (int i = 0; i < liveMib * 16; ++i) held.add(new byte[65536 - 32]);
    for (int i = 0; i < directMib; ++i) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
      for (int at = 0; at < buffer.capacity(); at += 4096) buffer.put(at, (byte) 1);
      held.add(buffer);
    }
    byte[] code = code();
    for (int i = 0; i < classes; ++i) held.add(new Definer().define(code));
    CountDownLatch ready = new CountDownLatch(threads), end = new CountDownLatch(1);
    for (int i = 0; i < threads; ++i) {
      Thread thread = new Thread(() -> {
        deep(500);
        ready.countDown();
        try {
          end.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
    ready.await();
    long sum = 0;
    for (long i = 0; i < churnMib * 256L; ++i) {
      byte[] passing = new byte[4096 - 16];
      sum += passing.length;
    }
    System.out.println("sum = " + sum + "\npeak = " + peak() + "\nheld = " + held.size());
    end.countDown();
  }
}
