using System.Diagnostics;
using TorchSharp.SparseConv.CommandLine;

namespace PointCloudSegmentation.Tests;

internal sealed class InterruptTests
{
    // The program itself, as a child process that is sent Ctrl-C's signal.
    [Test]
    public void Ctrl_C_leaves_a_checkpoint_that_continues_to_the_same_losses()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("signals are sent with Linux' tools");
        }
        using var folder = new TempFolder();
        var data = Small.Kitti(folder);
        var arguments = Small.TrainArguments(data, folder["out"]);
        arguments[Array.IndexOf(arguments, "--epochs") + 1] = "10";
        // env: a shell's background jobs ignore the signal, and hand that on.
        var start = new ProcessStartInfo("env")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] command = ["--default-signal=INT", "dotnet", typeof(Application).Assembly.Location, .. arguments];
        Array.ForEach(command, start.ArgumentList.Add);
        using var child = Process.Start(start)!;
        while (child.StandardOutput.ReadLine() is { } line && !line.StartsWith("epoch 1/", StringComparison.Ordinal))
        { }
        using (var kill = Process.Start("kill", ["-INT", $"{child.Id}"]))
        {
            kill.WaitForExit();
        }
        var rest = child.StandardOutput.ReadToEnd();
        var errors = child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.That(child.ExitCode, Is.EqualTo(Shell.Interrupted), errors);
        Assert.That(rest, Does.Contain("stopped; continue with"));

        var stopped = File.ReadAllLines(folder["out/loss.csv"]);
        Assert.That(stopped, Has.Length.LessThan(11), "stopped before its end");
        Assert.That(Small.Run([.. arguments, "--resume"]).ExitCode, Is.Zero);
        arguments[Array.IndexOf(arguments, "--output") + 1] = folder["whole"];
        Assert.That(Small.Run(arguments).ExitCode, Is.Zero);
        Assert.That(File.ReadAllLines(folder["out/loss.csv"]), Is.EqualTo(File.ReadAllLines(folder["whole/loss.csv"])));
    }
}
