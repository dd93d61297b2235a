using ShapeCompletion;
using TorchSharp;
using TorchSharp.SparseConv.Data;

namespace Examples.Tests.Completion;

internal sealed class CompletionTests : FolderTests
{
    private static readonly string[] Tiny = ["--size", "16", "--width", "8", "--batch-size", "4", "--threads", "1"];

    private int _threads;

    [SetUp]
    public void RememberThreads() => _threads = torch.get_num_threads();

    [TearDown]
    public void RestoreThreads() => torch.set_num_threads(_threads);

    [Test]
    public void Completions_reach_what_was_not_seen()
    {
        string[] some = ["--steps", "80", "--test-shapes", "12", "--output", Folder["out"]];
        var run = CommandRun.Of(CompletionCommand.Run, [.. Tiny, .. some]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.Multiple(() =>
        {
            Assert.That(
                run.Number("step 80/80: mean loss ([0-9.]+)"),
                Is.LessThan(run.Number("step 10/80: mean loss ([0-9.]+)") / 2)
            );
            Assert.That(Recall("completed"), Is.GreaterThan(Recall("as seen")));
        });
        var (input, completion, truth) = (Read("input"), Read("completion"), Read("truth"));
        Assert.Multiple(() =>
        {
            Assert.That(input, Is.SubsetOf(truth));
            Assert.That(input, Is.SubsetOf(completion), "what was seen stays");
            Assert.That(completion, Has.Count.GreaterThan(input.Count));
            Assert.That(run.Output, Does.Contain(Folder["out/completion.html"]));
            Assert.That(File.ReadAllText(Folder["out/completion.html"]), Does.Contain("completed, but not there"));
        });

        double Recall(string row) => run.Number($"{row}(?: +[0-9.]+){{2}} +([0-9.]+)");
        HashSet<(float, float, float)> Read(string name) =>
            [.. PlyFile.Read(Folder[$"out/{name}.ply"]).Positions.Chunk(3).Select(at => (at[0], at[1], at[2]))];
    }

    [Test]
    public void A_shape_that_was_learned_is_completed_from_any_side()
    {
        // The same egg is used for training and for measuring; only the cuts differ.
        WriteForBoth("egg", Egg(2000, new Random(1)));
        string[] some = ["--data", Folder.Root, "--partial", "Cut", "--steps", "60", "--test-shapes", "8"];
        var run = CommandRun.Of(CompletionCommand.Run, [.. Tiny, .. some, "--output", Folder["out"]]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Number("as seen +([0-9.]+)"), Is.InRange(0.4, 0.65), "half of it");
        Assert.That(run.Number("completed +([0-9.]+)"), Is.GreaterThan(0.7));
    }

    [Test]
    public void The_same_seed_gives_the_same_numbers()
    {
        string[] args = [.. Tiny, "--steps", "4", "--test-shapes", "4", "--output", Folder["out"]];
        var (one, two) = (CommandRun.Of(CompletionCommand.Run, args), CommandRun.Of(CompletionCommand.Run, args));
        Assert.That(one.ExitCode, Is.Zero, one.Errors);
        Assert.That(two.Number("completed +([0-9.]+)"), Is.EqualTo(one.Number("completed +([0-9.]+)")));
    }

    [Test]
    public void A_shape_of_which_nothing_is_seen_stays_empty_and_changes_no_other()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new CompletionNet(width: 4);
        var random = new Random(3);
        var (first, last) = (Draw(), Draw());
        var unseen = new Sample(new Shape(16, []), first.Truth);
        var together = CompletionTraining.Complete(net, [first, unseen, last]);
        Assert.That(together[1].Cells, Is.Empty);
        foreach (var (sample, completion) in new[] { (first, together[0]), (last, together[2]) })
        {
            Assert.That(completion.Cells, Is.EqualTo(CompletionTraining.Complete(net, [sample])[0].Cells));
            Assert.That(sample.Seen.Cells, Is.SubsetOf(completion.Cells));
        }

        Sample Draw() => Sample.Of(GeneratedShapes.Draw(random, 16), PartialKind.OneView, random);
    }

    [Test]
    public void Files_of_points_are_taken_with_y_up()
    {
        // A pole along y that does not start at the origin of the file.
        var pole = new PointCloud([.. Enumerable.Range(0, 200).SelectMany(i => new[] { 3, 0.01f * i, -7 })]);
        WriteForBoth("pole", pole);
        string[] some = ["--data", Folder.Root, "--steps", "1", "--test-shapes", "1", "--output", Folder["out"]];
        var run = CommandRun.Of(CompletionCommand.Run, [.. Tiny, .. some]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain($"1 + 1 of {Folder.Root}"));
        var truth = PlyFile.Read(Folder["out/truth.ply"]).Positions.Chunk(3).ToArray();
        Assert.That(truth.Select(at => (at[0], at[1])).Distinct().Count(), Is.EqualTo(1));
        Assert.That(
            truth.Select(at => at[2]),
            Is.EquivalentTo(Enumerable.Range(0, truth.Length).Select(i => i + 1.5f))
        );
        Assert.That(truth, Has.Length.EqualTo(14), "0.8 of 16 voxels, which begin and end within one");
    }

    [Test]
    public void Shapes_of_ShapeNet_are_learned_from()
    {
        var root = Environment.GetEnvironmentVariable("SPARSECONV_DATA");
        var caps = Path.Combine(root ?? "", "shapenet-cap");
        if (!Directory.Exists(caps))
        {
            Assert.Ignore("SPARSECONV_DATA names no folder that holds shapenet-cap");
        }
        string[] some = ["--data", caps, "--partial", "Cut", "--steps", "60", "--test-shapes", "8"];
        var run = CommandRun.Of(CompletionCommand.Run, [.. Tiny, .. some, "--output", Folder["out"]]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Number("completed +([0-9.]+)"), Is.GreaterThan(run.Number("as seen +([0-9.]+)")));
    }

    [Test]
    public void Misuse_is_told_in_one_line()
    {
        CommandRun.Of(CompletionCommand.Run, "--steps", "0").ShouldFail(2, "--steps is 0");
        CommandRun.Of(CompletionCommand.Run, "--size", "24").ShouldFail(2, "--size is 24", "multiple of 16");
        CommandRun.Of(CompletionCommand.Run, "--data", "/nowhere").ShouldFail(2, "--data /nowhere", "train");
        Directory.CreateDirectory(Folder["train"]);
        PlyFile.Write(Folder["train/none.ply"], new PointCloud([]));
        CommandRun.Of(CompletionCommand.Run, "--data", Folder.Root).ShouldFail(1, "none.ply", "no point");
    }

    private void WriteForBoth(string name, PointCloud shape)
    {
        foreach (var part in new[] { "train", "val" })
        {
            Directory.CreateDirectory(Folder[part]);
            PlyFile.Write(Folder[$"{part}/{name}.ply"], shape);
        }
    }

    private static PointCloud Egg(int points, Random random)
    {
        var positions = new List<float>();
        for (var i = 0; i < points; i++)
        {
            var (y, angle) = ((2 * random.NextSingle()) - 1, MathF.Tau * random.NextSingle());
            var round = 0.7f * MathF.Sqrt(1 - (y * y));
            positions.AddRange([round * MathF.Cos(angle), y, round * MathF.Sin(angle)]);
        }
        return new PointCloud([.. positions]);
    }
}
