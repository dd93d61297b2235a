using TorchSharp.SparseConv.Tests.Oracles;
using static TorchSharp.torch.nn;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Losses against the papers' formulas in plain loops, and their gradients against central differences.</summary>
[TestFixture]
public sealed class LossTests
{
    private const int Ignored = 3;
    private static readonly double[] Alpha = [0.2, 1.5, 0.7, 1, 2];

    [TestCase(0, false)]
    [TestCase(2, false)]
    [TestCase(1.5, true)]
    public void The_focal_loss_is_the_papers(double gamma, bool weighted)
    {
        using var scope = torch.NewDisposeScope();
        var (logits, labels) = Make(40, 1);
        var weight = weighted ? torch.tensor(Alpha) : null;
        var found = functional.focal_loss(logits, labels, gamma, weight, Ignored);
        var (sum, divisor) = (0.0, 0.0);
        foreach (var (p, label) in Rows(logits, labels))
        {
            var alpha = weighted ? Alpha[label] : 1;
            sum -= alpha * Math.Pow(1 - p[label], gamma) * Math.Log(p[label]);
            divisor += alpha;
        }

        Assert.That(found.item<double>(), Is.EqualTo(sum / divisor).Within(1e-12));
        ExpectGradient(logits, x => functional.focal_loss(x, labels, gamma, weight, Ignored));
    }

    [Test]
    public void Without_focus_the_focal_loss_is_cross_entropy()
    {
        using var scope = torch.NewDisposeScope();
        var (logits, labels) = Make(30, 2);
        var weight = torch.tensor(Alpha);
        var expected = functional.cross_entropy(logits, labels, weight, ignore_index: Ignored);
        var found = functional.focal_loss(logits, labels, gamma: 0, weight, Ignored);
        Assert.That(found.item<double>(), Is.EqualTo(expected.item<double>()).Within(1e-12));
    }

    [Test]
    public void The_lovasz_softmax_loss_is_the_papers()
    {
        using var scope = torch.NewDisposeScope();
        var (logits, labels) = Make(50, 3);
        var rows = Rows(logits, labels).ToArray();
        var losses = new List<double>();
        foreach (var label in rows.Select(row => row.Label).Distinct())
        {
            // Each step of the sum is what 1 - IoU grows by when one more row is taken for wrong, the worst ones first.
            var sorted = rows.Select(row =>
                    (Hit: row.Label == label, Error: Math.Abs((row.Label == label ? 1 : 0) - row.P[label]))
                )
                .OrderByDescending(row => row.Error)
                .ToArray();
            double JaccardLoss(int wrong)
            {
                var all = sorted.Count(row => row.Hit);
                var lost = sorted.Take(wrong).Count(row => row.Hit);
                return 1 - ((double)(all - lost) / (all + (wrong - lost)));
            }

            losses.Add(
                sorted.Index().Sum(row => row.Item.Error * (JaccardLoss(row.Index + 1) - JaccardLoss(row.Index)))
            );
        }

        var found = functional.lovasz_softmax(logits, labels, Ignored);
        Assert.That(found.item<double>(), Is.EqualTo(losses.Average()).Within(1e-12));
        ExpectGradient(logits, x => functional.lovasz_softmax(x, labels, Ignored));
    }

    [Test]
    public void Right_answers_cost_nothing_and_wrong_ones_all()
    {
        using var scope = torch.NewDisposeScope();
        var labels = torch.tensor(new long[] { 0, 1, 1, 0 });
        var right = torch.nn.functional.one_hot(labels, 2).to_type(torch.ScalarType.Float32) * 100;
        Assert.That(functional.lovasz_softmax(right, labels).item<float>(), Is.Zero.Within(1e-6));
        Assert.That(functional.lovasz_softmax(-right, labels).item<float>(), Is.EqualTo(1).Within(1e-6));
        Assert.That(functional.focal_loss(right, labels).item<float>(), Is.Zero.Within(1e-6));
    }

    [Test]
    public void Where_no_row_counts_loss_and_gradients_are_zero([Values(0, 4)] int rows)
    {
        using var scope = torch.NewDisposeScope();
        var labels = torch.full(rows, Ignored, torch.ScalarType.Int64);
        foreach (
            var loss in new Func<torch.Tensor, torch.Tensor>[]
            {
                x => functional.focal_loss(x, labels, ignore_index: Ignored),
                x => functional.lovasz_softmax(x, labels, Ignored),
            }
        )
        {
            var logits = torch.full(rows, 5, double.PositiveInfinity, torch.ScalarType.BFloat16, requires_grad: true);
            var found = loss(logits);
            found.backward();
            Assert.That(found.item<float>(), Is.Zero);
            Assert.That(logits.grad!.to_type(torch.ScalarType.Float32).abs().sum().item<float>(), Is.Zero);
        }
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name()
    {
        using var scope = torch.NewDisposeScope();
        var (logits, labels) = (torch.zeros(3, 2), torch.tensor(new long[] { 0, 1, 2 }));
        Refused(() => functional.lovasz_softmax(logits, labels), "labels holds 2 at row 2, must be 0 to 1");
        Refused(() => functional.focal_loss(logits, labels.narrow(0, 0, 2)), "must be Int64 of shape [3]");
        Refused(() => functional.focal_loss(labels, labels), "logits is Int64 of shape [3]");
        labels = torch.zeros(3, torch.ScalarType.Int64);
        Refused(
            () => functional.focal_loss(logits, labels, weight: torch.ones(3)),
            "weight has shape [3], must be [2]"
        );
        Refused(() => functional.focal_loss(logits, labels, gamma: -1), "gamma");

        static void Refused(Func<torch.Tensor> call, string message) =>
            Assert.That(() => call(), Throws.InstanceOf<ArgumentException>().With.Message.Contains(message));
    }

    private static (torch.Tensor Logits, torch.Tensor Labels) Make(int rows, int seed)
    {
        var random = new Random(seed);
        var logits = Tensors.Random(random, torch.ScalarType.Float64, rows, Alpha.Length) * 3;
        return (logits, torch.tensor(Enumerable.Range(0, rows).Select(_ => (long)random.Next(4)).ToArray()));
    }

    /// <summary>Softmax and label of each row that counts.</summary>
    private static IEnumerable<(double[] P, int Label)> Rows(torch.Tensor logits, torch.Tensor labels)
    {
        var values = logits.data<double>().ToArray().Chunk(Alpha.Length).ToArray();
        foreach (var (row, label) in labels.data<long>().ToArray().Index())
        {
            if (label != Ignored)
            {
                var sum = values[row].Sum(Math.Exp);
                yield return (Array.ConvertAll(values[row], value => Math.Exp(value) / sum), (int)label);
            }
        }
    }

    private static void ExpectGradient(torch.Tensor logits, Func<torch.Tensor, torch.Tensor> loss)
    {
        var leaf = logits.clone().requires_grad_();
        loss(leaf).backward();
        var direction = Tensors.Random(new Random(9), torch.ScalarType.Float64, logits.shape);
        const double Step = 1e-6;
        var difference =
            loss(logits + (direction * Step)).item<double>() - loss(logits - (direction * Step)).item<double>();
        var found = (leaf.grad! * direction).sum().item<double>();
        Assert.That(found, Is.EqualTo(difference / (2 * Step)).Within(1e-7));
    }
}
