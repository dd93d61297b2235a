using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ModuleLifetimeTests
{
    [Test]
    public void Modules_survive_the_scope_in_which_they_were_made()
    {
        Sequential net;
        using (NewDisposeScope())
        {
            net = nn.Sequential(
                nn.Linear(2, 3),
                nn.BatchNorm1d(3),
                nn.LayerNorm(3),
                nn.Sequential(nn.Linear(3, 3), nn.ReLU())
            );
        }

        using Tensor output = net.call(ones(4, 2));
        Assert.That(output.shape, Is.EqualTo(new long[] { 4, 3 }));
        net.Dispose();
    }

    [Test]
    public void Plain_parameters_of_a_module_belong_to_the_scope_they_were_made_in()
    {
        Bare bare;
        using (NewDisposeScope())
        {
            bare = new Bare();
        }

        Assert.That(bare.weight.IsInvalid);
    }

    [Test]
    public void Moved_modules_survive_the_scope_in_which_they_were_moved()
    {
        using Linear linear = nn.Linear(2, 2);
        using BatchNorm1d norm = nn.BatchNorm1d(2);
        using (NewDisposeScope())
        {
            linear.to(ScalarType.Float64);
            norm.to(ScalarType.Float64);
        }

        using Tensor output = norm.call(linear.call(ones(2, 2, dtype: ScalarType.Float64)));
        Assert.That(norm.running_mean!.IsInvalid, Is.False);
    }

    [Test]
    public void Disposing_disposes_the_whole_tree()
    {
        var net = new ModuleRegistrationTests.Net();
        Tensor[] owned = [.. net.parameters(), .. net.buffers()];
        net.Dispose();
        net.Dispose();
        Assert.That(owned.Select(tensor => tensor.IsInvalid), Is.All.True);
    }

    [Test]
    public void Training_steps_leave_nothing_behind()
    {
        using Sequential net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Linear(8, 2));
        using AdamW optimizer = optim.AdamW(net.parameters(), amsgrad: true);
        using Tensor input = randn(16, 4);
        using Tensor target = randint(0, 2, [16], ScalarType.Int64);
        long After(int steps)
        {
            for (int i = 0; i < steps; ++i)
            {
                using DisposeScope scope = NewDisposeScope();
                optimizer.zero_grad();
                nn.functional.cross_entropy(net.call(input), target).backward();
                nn.utils.clip_grad_norm_(net.parameters(), 1);
                optimizer.step();
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }

        long before = After(3);
        Assert.That(After(20), Is.EqualTo(before));
    }

    [Test]
    public void Sequentials_dispose_what_passes_between_their_modules()
    {
        using Sequential net = nn.Sequential(nn.Identity(), nn.ReLU(), nn.Tanh(), nn.Identity());
        using Tensor input = ones(3);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        using (net.call(input))
        {
            Assert.That(Tensor.TotalCount, Is.EqualTo(before + 1));
        }

        Assert.That(input.IsInvalid, Is.False);
    }

    private sealed class Bare : nn.Module
    {
        public Parameter weight = nn.Parameter(ones(1));

        public Bare()
            : base(nameof(Bare)) => RegisterComponents();
    }
}
