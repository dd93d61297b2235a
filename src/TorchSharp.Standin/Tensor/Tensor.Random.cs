using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor bernoulli(Generator? generator = null) => Aten.Call("bernoulli", this, generator);

        public Tensor bernoulli_(Tensor p, Generator? generator = null) =>
            Aten.Call("bernoulli_.Tensor", this, p, generator);

        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) =>
            Aten.Call("bernoulli_.float", this, p, generator);

        public Tensor uniform_(double @from, double to, Generator? generator = null) =>
            Aten.Call("uniform_", this, @from, to, generator);

        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) =>
            Aten.Call("normal_", this, mean, std, generator);

        public Tensor random_(double @from, double to, Generator? generator = null) =>
            Aten.Call("random_.from", this, (long)@from, (long)to, generator);

        public Tensor exponential_(double lambda = 1, Generator? generator = null) =>
            Aten.Call("exponential_", this, lambda, generator);

        public Tensor log_normal_(double mean = 0, double std = 1, Generator? generator = null) =>
            Aten.Call("log_normal_", this, mean, std, generator);

        public Tensor cauchy_(double median = 0, double sigma = 1, Generator? generator = null) =>
            Aten.Call("cauchy_", this, median, sigma, generator);

        public Tensor geometric_(double p, Generator? generator = null) => Aten.Call("geometric_", this, p, generator);

        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Aten.Call("multinomial", this, num_samples, replacement, generator);

        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.Call("rand_like", [this, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Aten.Call("randn_like", [this, .. Options(dtype, device)]).requires_grad_(requires_grad);

        public Tensor randint_like(
            long low,
            long high,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) =>
            Aten.Call("randint_like.low_dtype", [this, low, high, .. Options(dtype, device)])
                .requires_grad_(requires_grad);

        public Tensor poisson(Generator? generator = null) => Aten.Call("poisson", this, generator);
    }
}
