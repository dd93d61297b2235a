using SparseDigits;
using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.Data;

namespace Examples.Tests.SparseDigits;

internal sealed class DigitsTests : FolderTests
{
    [Test]
    public void A_short_training_reads_most_digits()
    {
        WriteMnist(train: 600, test: 200);
        var run = CommandRun.Of(
            DigitsCommand.Run,
            ["--data", Folder.Root, "--epochs", "3", "--width", "6", "--batch-size", "20"]
        );
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.Multiple(() =>
        {
            Assert.That(run.Output, Does.Contain("600 digits to learn from, 200 to measure on"));
            Assert.That(
                run.Number(@"^epoch 3/3: mean loss ([\d.]+)"),
                Is.LessThan(run.Number(@"^epoch 1/3: mean loss ([\d.]+)") / 2)
            );
            Assert.That(run.Number(@"^test error ([\d.]+) %"), Is.LessThan(25), "chance is 90 %");
            Assert.That(run.Number(@"^  submanifold +([\d,]+)"), Is.LessThan(run.Number(@"^  dilating +([\d,]+)")));
            Assert.That(run.Number(@"^  dilating +([\d,]+)"), Is.LessThan(run.Number(@"^  dense twin +([\d,]+)")));
        });
    }

    [Test]
    public void Multiply_adds_are_those_of_pairs_and_of_taps()
    {
        using var scope = torch.NewDisposeScope();
        using var layers = torch.nn.SparseSequential(
            torch.nn.SubMConv2d(2, 3, kernel_size: 3),
            torch.nn.ReLU(),
            torch.nn.SparseMaxPool2d(2),
            torch.nn.SparseConv2d(3, 5, kernel_size: 4)
        );
        var full = SparseTensor.from_dense(torch.ones([7, 2, 8, 8]));
        var (sparse, dense) = MultiplyAdds.Of(layers, full);
        Assert.Multiple(() =>
        {
            // Of 8 x 3 taps along an axis, the first and the last lie outside.
            Assert.That(sparse, Is.EqualTo(7 * ((22 * 22 * 2 * 3) + (16 * 3 * 5))));
            Assert.That(dense, Is.EqualTo(7 * ((8 * 8 * 9 * 2 * 3) + (16 * 3 * 5))));
        });
    }

    [Test]
    public void Drawn_digits_are_the_same_for_a_seed_and_mostly_blank()
    {
        var (one, same, other) = (DrawnDigits.Draw(50, 3), DrawnDigits.Draw(50, 3), DrawnDigits.Draw(50, 4));
        for (var i = 0; i < one.Count; i++)
        {
            Assert.That(one.Image(i).SequenceEqual(same.Image(i)), Is.True);
            Assert.That(one.Image(i).SequenceEqual(other.Image(i)), Is.False);
            Assert.That(one.Label(i), Is.EqualTo(i % 10));
            Assert.That(one.Image(i).ToArray().Count(pixel => pixel > 0), Is.InRange(30, 300));
        }
    }

    [Test]
    public void A_blank_image_in_a_batch_is_judged_like_one_alone()
    {
        using var scope = torch.NewDisposeScope();
        using var net = new DigitNet(4, SiteRule.Submanifold);
        net.eval();
        var drawn = DrawnDigits.Draw(2, 5);
        byte[] pixels = [.. drawn.Image(0), .. new byte[Digits.Size * Digits.Size], .. drawn.Image(1)];
        var three = new Digits(pixels, [0, 0, 1]);
        var scores = net.call(three.Batch([0, 1, 2]));
        for (var i = 0; i < 3; i++)
        {
            var alone = net.call(three.Batch([i])).data<float>().ToArray();
            Assert.That(scores.select(0, i).data<float>().ToArray(), Is.EqualTo(alone).Within(1e-5));
        }
    }

    [Test]
    public void Misuse_is_told_in_one_line()
    {
        CommandRun.Of(DigitsCommand.Run, "--epochs", "0").ShouldFail(2, "--epochs is 0");
        CommandRun.Of(DigitsCommand.Run, "--data", "/nowhere/at/all").ShouldFail(2, "no such folder");
        CommandRun.Of(DigitsCommand.Run, "--data", Folder.Root).ShouldFail(1, "train-images-idx3-ubyte");
    }

    private void WriteMnist(int train, int test)
    {
        Write("train", DrawnDigits.Draw(train, 1));
        Write("t10k", DrawnDigits.Draw(test, 2));

        void Write(string set, Digits digits)
        {
            byte[] pixels = [.. Enumerable.Range(0, digits.Count).SelectMany(i => digits.Image(i).ToArray())];
            byte[] labels = [.. Enumerable.Range(0, digits.Count).Select(i => (byte)digits.Label(i))];
            IdxFile.Write(
                Folder[$"{set}-images-idx3-ubyte.gz"],
                new NumberArray(pixels, digits.Count, Digits.Size, Digits.Size)
            );
            IdxFile.Write(Folder[$"{set}-labels-idx1-ubyte.gz"], new NumberArray(labels, digits.Count));
        }
    }
}
