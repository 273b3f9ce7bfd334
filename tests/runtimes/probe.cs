// Prints what .NET made of its surroundings; with arguments (live, churn, threads, native MiB) it first holds that much
// and then prints its peak. Compiled by Mono's mcs, so what only newer class libraries have is asked for by name.
using System;
using System.IO;
using System.Reflection;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Threading;

static class Probe {
  static object Property(object of, string name) {
    var property = of.GetType().GetProperty(name);
    return property == null ? null : property.GetValue(of, null);
  }

  static void PrintChoices() {
    Console.WriteLine("version = " + Environment.Version);
    Console.WriteLine("processors = " + Environment.ProcessorCount);
    Console.WriteLine("server = " + (GCSettings.IsServerGC ? 1 : 0));
    var info = typeof(GC).GetMethod("GetGCMemoryInfo", Type.EmptyTypes);
    if (info != null) Console.WriteLine("hard_limit = " + Property(info.Invoke(null, null), "TotalAvailableMemoryBytes"));
  }

  static byte[] Block(Random random) {
    var block = new byte[65536];
    for (int i = 0; i < block.Length; i += 4096) block[i] = (byte)random.Next(256);
    return block;
  }

  static void Hold(int live, int churn, int threads, int native) {
    var random = new Random(1);
    var held = new byte[live * 16][];
    for (int i = 0; i < held.Length; ++i) held[i] = Block(random);
    long passed = 0;
    for (int i = 0; i < churn * 16; ++i) passed += Block(random)[0];
    for (int i = 0; i < native; ++i) {
      IntPtr memory = Marshal.AllocHGlobal(1048576);
      for (int at = 0; at < 1048576; at += 4096) Marshal.WriteByte(memory, at, 1);
    }
    var ready = new CountdownEvent(threads);
    var done = new ManualResetEvent(false);
    for (int i = 0; i < threads; ++i) {
      var thread = new Thread(() => { ready.Signal(); done.WaitOne(); });
      thread.IsBackground = true;
      thread.Start();
    }
    if (threads > 0) ready.Wait();
    Console.WriteLine("passed = " + passed + " " + held.Length);
    done.Set();
    GC.KeepAlive(held);
  }

  static void Main(string[] arguments) {
    if (arguments.Length == 4) {
      Hold(int.Parse(arguments[0]), int.Parse(arguments[1]), int.Parse(arguments[2]), int.Parse(arguments[3]));
      foreach (var line in File.ReadAllLines("/proc/self/status")) {
        if (!line.StartsWith("VmHWM:")) continue;
        var words = line.Split(new[] {' ', '\t'}, StringSplitOptions.RemoveEmptyEntries);
        Console.WriteLine("peak = " + long.Parse(words[1]) / 1024);
      }
    }
    PrintChoices();
  }
}
