using TorchSharp.SparseConv.Data;
using Vessels;

namespace Examples.Tests.Vessels;

internal sealed class VolumeTests : FolderTests
{
    private static readonly string[] Tiny = ["--size", "32", "--trees", "12", "--test-trees", "3", "--epochs", "12"];

    // Nothing is learned in these runs: only input and output matter.
    private static readonly string[] Tiniest = ["--size", "16", "--trees", "2", "--test-trees", "1", "--epochs", "1"];

    [Test]
    public void A_volume_comes_back_segmented_in_its_own_place()
    {
        double[] spacing = [0.7, 0.8, 1.5];
        double[] affine = [0, -0.8, 0.1, 12, 0.7, 0, 0, -30, 0.05, 0, 1.5, 4, 0, 0, 0, 1];
        var (intensities, truth) = VesselTrees.Grow(size: 32, seed: 77);
        var stored = Array.ConvertAll(intensities, value => (short)value);
        var volume = new Volume(new NumberArray(stored, 32, 32, 32), spacing, affine) { Slope = 2 };
        NiftiFile.Write(Folder["volume.nii.gz"], volume);
        byte[] labels = Array.ConvertAll(truth, one => one ? (byte)3 : (byte)0);
        NiftiFile.Write(Folder["labels.nii"], new Volume(new NumberArray(labels, 32, 32, 32)));
        var run = CommandRun.Of(
            VolumeCommand.Run,
            [
                .. Tiny,
                "--volume",
                Folder["volume.nii.gz"],
                "--labels",
                Folder["labels.nii"],
                "--threshold",
                "20",
                "--output",
                Folder["out"],
            ]
        );
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var result = NiftiFile.Read(Folder["out/vessels.nii.gz"]);
        var mask = result.Values.As<byte>();
        var (both, predicted) = (0, 0);
        for (var cell = 0; cell < mask.Length; cell++)
        {
            Assert.That(
                mask[cell],
                Is.LessThanOrEqualTo(stored[cell] * 2 > 20 ? 1 : 0),
                "only what the threshold kept"
            );
            predicted += mask[cell];
            both += truth[cell] ? mask[cell] : 0;
        }
        var dice = 2.0 * both / (predicted + truth.Count(one => one));
        Assert.Multiple(() =>
        {
            Assert.That(result.Values.ToString(), Is.EqualTo("UInt8 (32, 32, 32)"));
            Assert.That(result.VoxelSize, Is.EqualTo(spacing).Within(1e-6));
            Assert.That(result.Affine, Is.EqualTo(affine).Within(1e-6));
            Assert.That(run.Number("Dice against its labels ([0-9.]+)"), Is.EqualTo(dice).Within(0.0006));
            Assert.That(
                run.Number("epoch 12/12: mean loss ([0-9.]+)"),
                Is.LessThan(run.Number("epoch 1/12: mean loss ([0-9.]+)"))
            );
            Assert.That(
                run.Number("other generated trees: Dice ([0-9.]+)"),
                Is.GreaterThan(run.Number(@"brightness alone \([0-9.]+\): ([0-9.]+)")),
                "the shape must have been learned"
            );
        });
    }

    [Test]
    public void Without_a_volume_one_is_generated_with_its_truth()
    {
        var data = Environment.GetEnvironmentVariable(Volumes.DataVariable);
        Environment.SetEnvironmentVariable(Volumes.DataVariable, null);
        try
        {
            var run = CommandRun.Of(VolumeCommand.Run, [.. Tiny, "--output", Folder["out"]]);
            Assert.That(run.ExitCode, Is.Zero, run.Errors);
            Assert.That(run.Number("Dice against its labels ([0-9.]+)"), Is.InRange(0.3, 1));
            var (volume, mask) = (
                NiftiFile.Read(Folder["out/volume.nii.gz"]),
                NiftiFile.Read(Folder["out/vessels.nii.gz"])
            );
            Assert.That(mask.Values.Shape, Is.EqualTo(volume.Values.Shape));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Volumes.DataVariable, data);
        }
    }

    [Test]
    public void A_real_angiography_keeps_its_geometry()
    {
        var root = Environment.GetEnvironmentVariable(Volumes.DataVariable);
        var path = Path.Combine(root ?? "", "medical", "CT_AVM.nii.gz");
        if (!File.Exists(path))
        {
            Assert.Ignore($"{Volumes.DataVariable} names no folder that holds medical/CT_AVM.nii.gz");
        }
        var run = CommandRun.Of(VolumeCommand.Run, [.. Tiniest, "--volume", path, "--output", Folder["out"]]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var (volume, mask) = (NiftiFile.Read(path), NiftiFile.Read(Folder["out/vessels.nii.gz"]));
        Assert.Multiple(() =>
        {
            Assert.That(run.Output, Does.Contain("256 x 242 x 154 voxels, 4.1 % of them kept"));
            Assert.That(run.Output, Does.Contain("no labels for this volume"));
            Assert.That(mask.Values.Shape, Is.EqualTo(volume.Values.Shape));
            Assert.That(mask.Affine, Is.EqualTo(volume.Affine));
            Assert.That(mask.VoxelSize, Is.EqualTo(volume.VoxelSize));
        });
    }

    [Test]
    public void A_generated_tree_is_the_same_for_a_seed_and_in_one_piece()
    {
        var (intensities, truth) = VesselTrees.Grow(40, seed: 5);
        Assert.That(VesselTrees.Grow(40, seed: 5).Intensities, Is.EqualTo(intensities));
        Assert.That(VesselTrees.Grow(40, seed: 6).Intensities, Is.Not.EqualTo(intensities));
        Assert.That(truth.Count(one => one), Is.InRange(300, 8000));
        Assert.That(Pieces(truth, 40), Is.EqualTo(1), "of one root");
        for (var cell = 0; cell < truth.Length; cell++)
        {
            Assert.That(truth[cell] && intensities[cell] <= 0, Is.False, "every vessel is bright");
        }
    }

    [Test]
    public void Dice_counts_what_the_threshold_dropped_as_missed()
    {
        var scan = new Scan([0, 5, 9, 9], [1, 2, 2], threshold: 6, truth: [true, true, true, false]);
        Assert.That(scan.Cells, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(Overlap.Of(scan, [true, true]), Is.EqualTo(new Overlap(1, 2, 3)));
        Assert.That(Overlap.Of(scan, [true, true]).Dice, Is.EqualTo(0.4));
        Assert.That(scan.Mask([false, true]), Is.EqualTo(new byte[] { 0, 0, 0, 1 }));
    }

    [Test]
    public void Misuse_is_told_in_one_line()
    {
        NiftiFile.Write(Folder["flat.nii"], new Volume(new NumberArray(new byte[6], 2, 3)));
        NiftiFile.Write(Folder["one.nii"], new Volume(new NumberArray(new byte[6], 1, 2, 3)));
        NiftiFile.Write(Folder["two.nii"], new Volume(new NumberArray(new byte[6], 1, 3, 2)));
        CommandRun.Of(VolumeCommand.Run, "--volume", "/nowhere.nii").ShouldFail(2, "--volume /nowhere.nii");
        CommandRun.Of(VolumeCommand.Run, "--volume", Folder["flat.nii"]).ShouldFail(1, "flat.nii", "3 axes");
        CommandRun
            .Of(VolumeCommand.Run, "--volume", Folder["one.nii"], "--labels", Folder["two.nii"])
            .ShouldFail(1, "two.nii", "(1, 3, 2)", "(1, 2, 3)");
        CommandRun.Of(VolumeCommand.Run, "--size", "-3").ShouldFail(2, "--size is -3");
    }

    // Counts the pieces of cells that share a face, an edge or a corner.
    private static int Pieces(bool[] mask, int size)
    {
        var seen = new bool[mask.Length];
        var pieces = 0;
        for (var start = 0; start < mask.Length; start++)
        {
            if (!mask[start] || seen[start])
            {
                continue;
            }
            pieces++;
            var open = new Stack<int>([start]);
            seen[start] = true;
            while (open.TryPop(out var cell))
            {
                foreach (var next in Around(cell, size).Where(next => mask[next] && !seen[next]))
                {
                    seen[next] = true;
                    open.Push(next);
                }
            }
        }
        return pieces;
    }

    private static IEnumerable<int> Around(int cell, int size)
    {
        var (z, y, x) = (cell / (size * size), cell / size % size, cell % size);
        for (var shift = 0; shift < 27; shift++)
        {
            var (nz, ny, nx) = (z + (shift / 9) - 1, y + (shift / 3 % 3) - 1, x + (shift % 3) - 1);
            if (Math.Min(nz, Math.Min(ny, nx)) >= 0 && Math.Max(nz, Math.Max(ny, nx)) < size)
            {
                yield return (((nz * size) + ny) * size) + nx;
            }
        }
    }
}
