using System.Diagnostics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Runs a scenario of <see cref="Program"/> in a process of its own.</summary>
internal static class ChildProcess
{
    internal static (int ExitCode, string Output, string Error) Run(
        string scenario,
        params (string Name, string Value)[] environment
    ) => Run(typeof(Program).Assembly.Location, scenario, environment);

    internal static (int ExitCode, string Output, string Error) Run(
        string assembly,
        string scenario,
        params (string Name, string Value)[] environment
    )
    {
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo(host, ["exec", assembly, scenario])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{host} did not start.");
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
