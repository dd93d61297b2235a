using TorchSharp.Modules;
using TorchSharp.Standin.Tests.NN;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;

namespace TorchSharp.Standin.Tests.Optim;

/// <summary>Learning rates against PyTorch's documented closed forms, epoch by epoch.</summary>
internal sealed class SchedulerTests
{
    private const double Rate = 0.8;
    private readonly List<IDisposable> _owned = [];

    [TearDown]
    public void Dispose()
    {
        _owned.ForEach(owned => owned.Dispose());
        _owned.Clear();
    }

    [Test]
    public void Step() => Check(o => StepLR(o, 3, 0.5), t => Rate * Math.Pow(0.5, t / 3));

    [Test]
    public void Multi_step() =>
        Check(o => MultiStepLR(o, [2, 5], 0.5), t => Rate * Math.Pow(0.5, (t >= 2 ? 1 : 0) + (t >= 5 ? 1 : 0)));

    [Test]
    public void Exponential() => Check(o => ExponentialLR(o, 0.9), t => Rate * Math.Pow(0.9, t));

    [Test]
    public void Cosine() =>
        Check(o => CosineAnnealingLR(o, 6, 0.1), t => 0.1 + (Rate - 0.1) * (1 + Math.Cos(Math.PI * t / 6)) / 2);

    [Test]
    public void Linear() => Check(o => LinearLR(o, 0.25, 1, 4), t => Rate * (0.25 + 0.75 * Math.Min(t, 4) / 4));

    [Test]
    public void Constant() => Check(o => ConstantLR(o, 0.25, 4), t => Rate * (t < 4 ? 0.25 : 1));

    [Test]
    public void Polynomial() => Check(o => PolynomialLR(o, 8, 2), t => Rate * Math.Pow(1 - Math.Min(t, 8) / 8.0, 2));

    [Test]
    public void Lambda() => Check(o => LambdaLR(o, t => 1.0 / (1 + t)), t => Rate / (1 + t), jumps: false);

    [Test]
    public void Multiplicative() =>
        Check(o => MultiplicativeLR(o, _ => 0.5), t => Rate * Math.Pow(0.5, t), jumps: false);

    [Test]
    public void Sequence_of_a_warm_up_and_a_decay() =>
        Check(
            o => SequentialLR(o, [LinearLR(o, 0.1, 1, 3), ExponentialLR(o, 0.5)], [3]),
            t => t < 3 ? Rate * (0.1 + 0.9 * t / 3) : Rate * Math.Pow(0.5, t - 3),
            jumps: false
        );

    [Test]
    public void Chained_schedulers_multiply()
    {
        SGD sgd = Sgd();
        LRScheduler chained = ChainedLR([ExponentialLR(sgd, 0.5), ConstantLR(sgd, 0.1, 2)]);
        List<double> rates = [RateOf(sgd)];
        for (int i = 0; i < 3; ++i)
        {
            chained.step();
            rates.Add(RateOf(sgd));
        }

        Assert.That(rates, Is.EqualTo(new[] { 0.1 * Rate, 0.05 * Rate, 0.25 * Rate, 0.125 * Rate }).Within(1e-14));
    }

    [Test]
    public void Two_schedulers_chain_on_one_optimizer()
    {
        SGD sgd = Sgd();
        LRScheduler half = ExponentialLR(sgd, 0.5);
        LRScheduler tenth = StepLR(sgd, 1, 0.1);
        half.step();
        tenth.step();
        Assert.That(RateOf(sgd), Is.EqualTo(0.05 * Rate).Within(1e-15));
        Assert.That(tenth.get_last_lr(), Is.EqualTo(new[] { 0.05 * Rate }).Within(1e-15));
    }

    [TestCase(impl.OneCycleLR.AnnealStrategy.Cos)]
    [TestCase(impl.OneCycleLR.AnnealStrategy.Linear)]
    public void One_cycle_raises_and_lowers_and_moves_momentum_against_it(impl.OneCycleLR.AnnealStrategy strategy)
    {
        using Parameter x = TensorValues.Parameter(1);
        using AdamW adam = AdamW([x], 123);
        LRScheduler cycle = OneCycleLR(adam, max_lr: 1.0, total_steps: 10, anneal_strategy: strategy);
        var group = (AdamW.ParamGroup)adam.ParamGroups.Single();

        // 30 percent up: the top is at step 0.3 * 10 - 1 = 2, the end at step 9.
        for (int t = 0; t < 10; ++t)
        {
            double done = t <= 2 ? t / 2.0 : (t - 2) / 7.0;
            double Between(double from, double to) =>
                strategy == impl.OneCycleLR.AnnealStrategy.Linear
                    ? from + (to - from) * done
                    : to + (from - to) * (1 + Math.Cos(Math.PI * done)) / 2;
            double rate = t <= 2 ? Between(1 / 25.0, 1) : Between(1, 1 / 25.0 / 1e4);
            double momentum = t <= 2 ? Between(0.95, 0.85) : Between(0.85, 0.95);
            Assert.That(group.LearningRate, Is.EqualTo(rate).Within(1e-14), $"step {t}");
            Assert.That(group.Betas, Is.EqualTo((momentum, 0.999)).Within(1e-14), $"step {t}");
            cycle.step();
        }

        Assert.Throws<InvalidOperationException>(cycle.step);
    }

    [Test]
    public void One_cycle_of_three_phases_returns_before_it_falls()
    {
        SGD sgd = Sgd();
        LRScheduler cycle = OneCycleLR(
            sgd,
            max_lr: 1.0,
            epochs: 2,
            steps_per_epoch: 10,
            pct_start: 0.25,
            three_phase: true,
            anneal_strategy: impl.OneCycleLR.AnnealStrategy.Linear,
            cycle_momentum: false
        );
        List<double> rates = [RateOf(sgd)];
        for (int t = 1; t < 20; ++t)
        {
            cycle.step();
            rates.Add(RateOf(sgd));
        }

        Assert.That(rates[4], Is.EqualTo(1).Within(1e-14));
        Assert.That(rates[8], Is.EqualTo(0.04).Within(1e-14));
        Assert.That(rates[19], Is.EqualTo(0.04 / 1e4).Within(1e-14));
    }

    [Test]
    public void One_cycle_can_be_resumed_where_it_leaves_momentum_alone()
    {
        SGD whole = Sgd();
        LRScheduler cycle = OneCycleLR(whole, 1.0, total_steps: 10, cycle_momentum: false);
        Enumerable.Range(0, 6).ToList().ForEach(_ => cycle.step());
        SGD resumed = Sgd();
        OneCycleLR(resumed, 1.0, total_steps: 10, cycle_momentum: false, last_epoch: 5);
        Assert.That(RateOf(resumed), Is.EqualTo(RateOf(whole)));
    }

    [Test]
    public void One_cycle_checks_its_arguments()
    {
        SGD sgd = Sgd();
        Assert.Multiple(() =>
        {
            Assert.Throws<ArgumentException>(() => OneCycleLR(sgd, 1.0));
            Assert.Throws<ArgumentException>(() => OneCycleLR(sgd, 1.0, total_steps: 0));
            Assert.Throws<ArgumentException>(() => OneCycleLR(sgd, 1.0, total_steps: 10, pct_start: 1.5));
            Assert.Throws<ArgumentException>(() => OneCycleLR(sgd, 1.0, epochs: 3));
            Assert.Throws<KeyNotFoundException>(() => OneCycleLR(sgd, 1.0, total_steps: 10, last_epoch: 3));
        });
    }

    [Test]
    public void A_plateau_lowers_the_rate_after_patience_and_not_below_the_minimum()
    {
        SGD sgd = Sgd();
        LRScheduler plateau = ReduceLROnPlateau(sgd, factor: 0.1, patience: 1, cooldown: 1, min_lr: [0.01]);
        double[] losses = [1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4];
        double[] expected = [.8, .8, .8, .08, .08, .08, .01, .01, .01, .01, .01, .01, .01];
        Assert.Multiple(() =>
        {
            foreach (var (loss, rate) in losses.Zip(expected))
            {
                plateau.step(loss);
                Assert.That(RateOf(sgd), Is.EqualTo(rate).Within(1e-14));
            }

            Assert.Throws<InvalidOperationException>(plateau.step);
            Assert.Throws<ArgumentException>(() => ReduceLROnPlateau(sgd, mode: "middle"));
            Assert.Throws<ArgumentException>(() => ReduceLROnPlateau(sgd, factor: 1));
        });
    }

    [Test]
    public void Sequences_check_their_schedulers()
    {
        SGD sgd = Sgd();
        Assert.Throws<ArgumentException>(() => SequentialLR(sgd, [StepLR(sgd, 1)], [3]));
        Assert.Throws<ArgumentException>(() => SequentialLR(sgd, [StepLR(Sgd(), 1)], []));
    }

    /// <summary>Step by step, and by jumps to an epoch where there is a closed form.</summary>
    private void Check(Func<Optimizer, LRScheduler> create, Func<int, double> expected, bool jumps = true)
    {
        SGD sgd = Sgd();
        LRScheduler scheduler = create(sgd);
        for (int t = 0; t < 14; ++t)
        {
            Assert.That(RateOf(sgd), Is.EqualTo(expected(t)).Within(1e-13), $"epoch {t}");
            Assert.That(scheduler.get_last_lr(), Is.EqualTo(new[] { RateOf(sgd) }), $"epoch {t}");
            scheduler.step();
        }

        if (jumps)
        {
            scheduler.step(5);
            Assert.That(RateOf(sgd), Is.EqualTo(expected(5)).Within(1e-13), "epoch 5 again");
        }
    }

    private SGD Sgd()
    {
        Parameter parameter = TensorValues.Parameter(1);
        SGD sgd = SGD([parameter], Rate);
        _owned.AddRange([parameter, sgd]);
        return sgd;
    }

    private static double RateOf(Optimizer optimizer) => optimizer.ParamGroups.Single().LearningRate;
}
