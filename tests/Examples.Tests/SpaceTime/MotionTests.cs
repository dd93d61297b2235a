using System.Numerics;
using SpaceTime;
using TorchSharp;

namespace Examples.Tests.Motions;

internal sealed class MotionTests
{
    private const int Frames = 8;

    private int _threads;

    [SetUp]
    public void RememberThreads() => _threads = torch.get_num_threads();

    [TearDown]
    public void RestoreThreads() => torch.set_num_threads(_threads);

    [Test]
    public void Time_tells_motions_apart_and_a_frame_alone_does_not()
    {
        string[] data = ["--clips", "64", "--test-clips", "16", "--frames", "6", "--threads", "1"];
        string[] training = ["--width", "8", "--epochs", "3", "--batch-size", "2"];
        var run = CommandRun.Of(MotionCommand.Run, [.. data, .. training]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.Multiple(() =>
        {
            Assert.That(Accuracy("Hybrid"), Is.GreaterThan(Accuracy("None") + 10));
            Assert.That(Accuracy("Cube"), Is.GreaterThan(Accuracy("None") + 10));
            Assert.That(Accuracy("None"), Is.InRange(10, 40));
            Assert.That(Column("Hybrid", 1), Is.EqualTo(29));
            Assert.That(Column("Cube", 1), Is.EqualTo(81));
            Assert.That(Column("None", 1), Is.EqualTo(27));
            Assert.That(
                Column("Hybrid", 3),
                Is.InRange(Column("None", 3) + 1, Column("Cube", 3) / 1.5),
                "multiply-adds"
            );
            Assert.That(Column("Hybrid", 4), Is.InRange(Column("None", 4) + 1, Column("Cube", 4) / 1.5), "pairs");
        });

        double Accuracy(string kernel) => Column(kernel, 6);
        // Columns count from 0, which is the name of the kernel.
        double Column(string kernel, int column) => run.Number($"^{kernel}(?: +[0-9,.]+){{{column - 1}}} +([0-9,.]+)");
    }

    [Test]
    public void Only_kernels_through_time_see_other_frames([Values] TimeKernel time)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        using var net = new MotionNet(4, time);
        net.eval();
        var clip = Clip.Draw(new Random(2), objects: 2, Frames);
        var kept = Enumerable.Range(0, clip.Count).Where(row => clip.Coordinates[(4 * row) + 3] == 3).ToArray();
        var frame = new Clip(
            [.. kept.SelectMany(row => clip.Coordinates.AsSpan(4 * row, 4).ToArray())],
            [.. kept.Select(row => clip.Labels[row])]
        );
        var together = Scores(clip).Chunk(4).Where((_, row) => kept.Contains(row)).SelectMany(row => row).ToArray();
        var alone = Scores(frame);
        var apart = together.Zip(alone, (one, other) => Math.Abs(one - other)).Max();
        Assert.That(apart, time == TimeKernel.None ? Is.LessThan(1e-5) : Is.GreaterThan(1e-3));

        float[] Scores(Clip one) => net.call(MotionTraining.Input([one])).features.data<float>().ToArray();
    }

    [Test]
    public void A_body_does_what_it_is_told_and_nothing_else([Values] Motion motion)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var body = new Body(motion, Vector3.Zero, Frames, new Random(seed));
            var (first, last) = (body.At(0).ToArray(), body.At(1).ToArray());
            var (from, to) = (Middle(first), Middle(last));
            var share = (double)first.Length / last.Length;
            var moved = Vector3.Distance(from, to);
            var same = first.Intersect(last).Count();
            Assert.That(Math.Max(share, 1 / share), motion == Motion.Scaling ? Is.GreaterThan(3) : Is.LessThan(2.5));
            Assert.That(moved, motion == Motion.Moving ? Is.InRange(5.2, 6.8) : Is.LessThan(0.8));
            Assert.That(same == first.Length && same == last.Length, Is.EqualTo(motion == Motion.Still));
            foreach (var (x, y, z) in first.Concat(last))
            {
                Assert.That(new Vector3(x, y, z).Length(), Is.LessThan(Body.Reach));
            }
        }
    }

    [Test]
    public void One_frame_looks_the_same_whatever_an_object_does()
    {
        // The mean number of voxels in a frame, and their mean distance from the middle of the path.
        var looks = Enum.GetValues<Motion>().Select(Look).ToArray();
        foreach (var (voxels, distance) in looks[1..])
        {
            Assert.That(voxels, Is.EqualTo(looks[0].Voxels).Within(6).Percent);
            Assert.That(distance, Is.EqualTo(looks[0].Distance).Within(4).Percent);
        }

        (double Voxels, double Distance) Look(Motion motion)
        {
            const int bodies = 1000;
            var random = new Random(7);
            var frames = Enumerable
                .Range(0, bodies)
                .Select(i =>
                    new Body(motion, Vector3.Zero, Frames, random).At((float)(i % Frames) / (Frames - 1)).ToArray()
                )
                .ToArray();
            return (
                frames.Average(frame => frame.Length),
                frames.SelectMany(frame => frame).Average(at => new Vector3(at.X, at.Y, at.Z).Length())
            );
        }
    }

    [Test]
    public void Clips_are_the_same_for_a_seed_and_have_each_voxel_once()
    {
        var clip = Clip.Draw(new Random(4), objects: 8, Frames);
        Assert.That(Clip.Draw(new Random(4), 8, Frames).Coordinates, Is.EqualTo(clip.Coordinates));
        Assert.That(Clip.Draw(new Random(5), 8, Frames).Coordinates, Is.Not.EqualTo(clip.Coordinates));
        var voxels = clip.Coordinates.Chunk(4).Select(at => (at[0], at[1], at[2], at[3])).ToArray();
        Assert.That(voxels.Distinct().Count(), Is.EqualTo(clip.Count));
        Assert.That(voxels.Select(at => at.Item4).Distinct(), Is.EquivalentTo(Enumerable.Range(0, Frames)));
    }

    [Test]
    public void Misuse_is_told_in_one_line()
    {
        CommandRun.Of(MotionCommand.Run, "--clips", "0").ShouldFail(2, "--clips is 0");
        CommandRun.Of(MotionCommand.Run, "--frames", "1").ShouldFail(2, "--frames is 1", "at least 2");
        CommandRun.Of(MotionCommand.Run, "--objects", "9").ShouldFail(2, "--objects is 9", "at most 8");
    }

    private static Vector3 Middle((int X, int Y, int Z)[] voxels) =>
        voxels.Aggregate(Vector3.Zero, (sum, at) => sum + new Vector3(at.X, at.Y, at.Z)) / voxels.Length;
}
