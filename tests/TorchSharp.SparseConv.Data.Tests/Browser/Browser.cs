using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace TorchSharp.SparseConv.Data.Tests;

/// <summary>A Chromium without a window, driven by browser.mjs: one process for all tests that use it.</summary>
internal sealed class Browser : IDisposable
{
    private static readonly string[] Candidates = ["chromium", "chromium-browser", "google-chrome"];

    private readonly Process _node;

    private Browser(Process node) => _node = node;

    /// <summary>The whole of a picture.</summary>
    public static double[] Whole => [0, 0, 1, 1];

    /// <summary>The left half of a picture, without captions and focus.</summary>
    public static double[] Left => [0.02, 0.15, 0.48, 0.85];

    /// <summary>The right half of a picture, without captions and focus.</summary>
    public static double[] Right => [0.52, 0.15, 0.98, 0.85];

    /// <summary>Starts it, or skips the test where it is not there.</summary>
    public static Browser Start()
    {
        var chromium =
            Environment.GetEnvironmentVariable("CHROMIUM")
            ?? Candidates.Select(Find).FirstOrDefault(p => p is not null);
        var script = typeof(Browser)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key.Equals("BrowserScript", StringComparison.Ordinal))
            .Value!;
        if (chromium is null)
        {
            Assert.Ignore("no chromium in PATH; install it, or name one in the environment variable CHROMIUM");
        }
        if (
            Find("node") is not { } node
            || !Directory.Exists(Path.Combine(Path.GetDirectoryName(script)!, "node_modules"))
        )
        {
            Assert.Ignore("no node, or playwright-core could not be installed when the tests were built");
            return null!;
        }
        var start = new ProcessStartInfo(node, [script, chromium!])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var browser = new Browser(Process.Start(start)!);
        browser.Answer();
        return browser;
    }

    public void Open(string path, int width = 1280, int height = 760, string scheme = "dark") =>
        Do(
            "open",
            new
            {
                path,
                width,
                height,
                scheme,
            }
        );

    public string[] Problems() => Do("problems").Deserialize<string[]>()!;

    public string[] Requests() => Do("requests").Deserialize<string[]>()!;

    public string Text(string selector) => Do("text", new { selector }).GetString()!;

    public int Count(string selector) => Do("count", new { selector }).GetInt32();

    public void Click(string selector, params string[] modifiers) => Do("click", new { selector, modifiers });

    public void Hover(string selector) => Do("hover", new { selector });

    public void Press(string key, string? selector = null) => Do("press", new { selector, key });

    public void Select(string selector, string value) => Do("select", new { selector, value });

    public void Fill(string selector, string value) => Do("fill", new { selector, value });

    public void Drag(string selector, int dx, int dy) =>
        Do(
            "drag",
            new
            {
                selector,
                dx,
                dy,
            }
        );

    public JsonElement Evaluate(string script) => Do("evaluate", new { script });

    public void Screenshot(string path) => Do("screenshot", new { path });

    /// <summary>Remembers what is seen under a name, once nothing moves.</summary>
    public void Look(string name, string selector = "body") => Do("look", new { name, selector });

    /// <summary>How many pixels of a part differ between two things that were looked at.</summary>
    public int Difference(string one, string other, double[] part) =>
        Do(
                "difference",
                new
                {
                    one,
                    other,
                    part,
                }
            )
            .GetInt32();

    /// <summary>How many pixels of a part have a colour, nearly.</summary>
    public int Colored(string name, int[] color, double[] part) =>
        Do(
                "colored",
                new
                {
                    name,
                    color,
                    part,
                }
            )
            .GetInt32();

    /// <summary>Milliseconds of each frame, and what each drew, while the view turns.</summary>
    public (double[] Milliseconds, int[] Drawn) Frames(string selector, int count)
    {
        var value = Do("frames", new { selector, count });
        return (value.GetProperty("times").Deserialize<double[]>()!, value.GetProperty("drawn").Deserialize<int[]>()!);
    }

    public void Dispose()
    {
        _node.StandardInput.Close();
        if (!_node.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _node.Kill(entireProcessTree: true);
        }
        _node.Dispose();
    }

    private JsonElement Do(string command, object? given = null)
    {
        var message = JsonSerializer.SerializeToNode(given ?? new { })!.AsObject();
        message.Insert(0, "command", command);
        _node.StandardInput.WriteLine(message.ToJsonString());
        _node.StandardInput.Flush();
        return Answer();
    }

    private JsonElement Answer()
    {
        var line =
            _node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the browser's driver has ended");
        var answer = JsonDocument.Parse(line).RootElement;
        return answer.TryGetProperty("error", out var error)
            ? throw new InvalidOperationException(error.GetString())
            : answer.GetProperty("value");
    }

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
