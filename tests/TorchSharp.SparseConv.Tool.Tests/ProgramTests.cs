using System.Diagnostics;
using System.Text.Json;

namespace TorchSharp.SparseConv.Tool.Tests;

// The program as a process of its own: exit codes and streams.
internal sealed class ProgramTests : FolderTests
{
    private static readonly string Program = typeof(Application).Assembly.Location;

    [Test]
    public void Help_lists_the_commands_and_nothing_given_shows_help()
    {
        var help = Sparseconv.Text("--help");
        Assert.That(
            help,
            Does.Contain("info")
                .And.Contain("convert")
                .And.Contain("voxelize")
                .And.Contain("predict")
                .And.Contain("weights")
        );
        Assert.That(Sparseconv.Text(), Is.EqualTo(help));
    }

    [Test]
    public void A_process_writes_json_alone_and_ends_with_0()
    {
        var (code, output, errors) = Run(Program, "info", Small.Ply(Folder), "--json");
        Assert.That(code, Is.Zero, errors);
        Assert.That(errors, Is.Empty);
        using var json = JsonDocument.Parse(output);
        Assert.That(json.RootElement.GetProperty("points").GetInt32(), Is.EqualTo(4));
    }

    [TestCase(1, "no such file", "info", "/nowhere/a.ply")]
    [TestCase(2, "no known format", "info", "/nowhere/a.foo")]
    public void A_process_ends_with_the_code_of_its_mistake(int code, string words, params string[] args)
    {
        var run = Run(Program, args);
        Assert.That(run.ExitCode, Is.EqualTo(code));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Errors, Does.StartWith("error: ").And.Contain(words));
    }

    // Commands for points look at no tensor: they must run where there is no libtorch.
    [Test]
    public void Commands_for_points_need_no_libtorch()
    {
        var home = new DirectoryInfo(AppContext.BaseDirectory);
        foreach (var file in home.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            var isTorch =
                file.Name.Contains("torch", StringComparison.OrdinalIgnoreCase)
                && file.Extension is not (".dll" or ".json");
            if (!isTorch && file.Extension is ".dll" or ".so" or ".json")
            {
                file.CopyTo(Folder["bin/" + Path.GetRelativePath(home.FullName, file.FullName)]);
            }
        }
        var program = Folder["bin/" + Path.GetFileName(typeof(Application).Assembly.Location)];
        var source = Small.Ply(Folder);
        var model = Small.Model(Folder);
        string[] weights =
        [
            Path.Combine(model, ModelDirectory.WeightsFile),
            .. new[] { ".safetensors", ".pt", ".npz" }.Select(ending => Small.PointVoxelWeights(Folder["p" + ending])),
        ];
        string[][] lines =
        [
            ["info", source],
            ["info", model],
            ["convert", source, Folder["a.las"]],
            ["voxelize", source, Folder["v.ply"], "--size", "1"],
            ["view", source, Folder["a.las"], "--out", Folder["page.html"], "--model", model, "--voxels", "1"],
            .. weights.Select(file => new[] { "weights", "inspect", file }),
        ];
        foreach (var line in lines)
        {
            var run = Run(program, line);
            Assert.That(run.ExitCode, Is.Zero, run.Errors);
        }
        Assert.That(Run(program, "predict", model, source).ExitCode, Is.Not.Zero, "there is a libtorch after all");
    }

    private static (int ExitCode, string Output, string Errors) Run(string program, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in args.Prepend(program))
        {
            start.ArgumentList.Add(argument);
        }
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return (child.ExitCode, output, errors.Result);
    }
}
